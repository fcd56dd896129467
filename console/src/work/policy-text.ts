/** The texts of a JSON document, each with its place: also of a document that is still being written. */

export type Path = (string | number)[];

/** A text between quotes. `from` and `to` are what is between them; a key's path ends in the key. */
export interface Text {
  path: Path;
  isKey: boolean;
  value: string;
  from: number;
  to: number;
}

interface Level {
  /** The key or the number of what comes next or is there. */
  at: string | number | undefined;
  expectsKey: boolean;
}

const QUOTED = /"(?:[^"\\\n]|\\.)*("|(?=\n)|$)/y;

export function textsOf(document: string): Text[] {
  const texts: Text[] = [];
  const levels: Level[] = [];
  let place = 0;
  while (place < document.length) {
    const level = levels.at(-1);
    const letter = document[place];
    if (letter === '"') {
      const [quoted, closed] = at(QUOTED, document, place);
      const to = place + quoted.length - (closed ? 1 : 0);
      const value = unescaped(document.slice(place + 1, to));
      const isKey = level?.expectsKey ?? false;
      if (level && isKey) level.at = value;
      texts.push({ path: levels.map((each) => each.at ?? ""), isKey, value, from: place + 1, to });
      place += quoted.length;
      continue;
    }
    if (letter === "{") levels.push({ at: undefined, expectsKey: true });
    else if (letter === "[") levels.push({ at: 0, expectsKey: false });
    else if (letter === "}" || letter === "]") levels.pop();
    else if (letter === ":" && level) level.expectsKey = false;
    else if (letter === "," && level) {
      if (typeof level.at === "number") level.at += 1;
      else level.expectsKey = true;
    }
    place += 1;
  }
  return texts;
}

function at(pattern: RegExp, text: string, place: number): [string, string] {
  pattern.lastIndex = place;
  const found = pattern.exec(text);
  return [found?.[0] ?? '"', found?.[1] ?? ""];
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}
