/** What differs between two texts, line by line. */

export interface Line {
  kind: "same" | "added" | "removed";
  text: string;
}

/** The lines of both, in order: as few of them added and removed as can be. */
export function differences(before: string, after: string): Line[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const lengths = common(old, now);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push({ kind: "same", text: old[i]! });
      i++;
      j++;
    } else if (j === now.length || (i < old.length && lengths[i + 1]![j]! >= lengths[i]![j + 1]!)) {
      lines.push({ kind: "removed", text: old[i]! });
      i++;
    } else {
      lines.push({ kind: "added", text: now[j]! });
      j++;
    }
  }
  return lines;
}

/** How many lines the ends of both, from each pair of lines on, have in common at most. */
function common(old: string[], now: string[]): Uint16Array[] {
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint16Array(now.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      lengths[i]![j] = old[i] === now[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  return lengths;
}
