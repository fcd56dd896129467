/** Pictures as boxes and lines between them, laid out in columns. */

export type Tone = "plain" | "good" | "bad" | "faint";

export interface Box {
  id: string;
  title: string;
  /** Below the title, smaller. */
  lines: string[];
  tone: Tone;
}
export interface Line {
  from: string;
  to: string;
  tone: Tone;
  /** What the line means, where its ends do not tell. */
  label?: string;
}
export interface Place {
  x: number;
  y: number;
  height: number;
}
export interface Picture {
  boxes: Box[];
  lines: Line[];
  places: Map<string, Place>;
  width: number;
  height: number;
}

export const WIDTH = 184;
export const TITLE = 20;
export const LINE = 16;
const PAD = 18;
const NARROW = 36; // between columns
const WIDE = 190; // the same, where lines are labelled
const GAP_Y = 14;
const MARGIN = 16;

function heightOf(box: Box): number {
  return PAD + TITLE + LINE * box.lines.length;
}

/** Columns from left to right, each in the middle of the height, its boxes one below the other. */
export function inColumns(columns: Box[][], lines: Line[]): Picture {
  const step = WIDTH + WIDE;
  const heights = columns.map((boxes) => boxes.reduce((sum, box) => sum + heightOf(box) + GAP_Y, -GAP_Y));
  const highest = Math.max(0, ...heights);
  const places = new Map<string, Place>();
  columns.forEach((boxes, column) => {
    let y = MARGIN + (highest - (heights[column] ?? 0)) / 2;
    for (const box of boxes) {
      places.set(box.id, { x: MARGIN + column * step, y, height: heightOf(box) });
      y += heightOf(box) + GAP_Y;
    }
  });
  return finished(columns.flat(), lines, places, columns.length * step - WIDE, highest);
}

/** A box and what belongs to it, which stands to its right. */
export interface Tree {
  box: Box;
  children: Tree[];
}

/** Trees one below the other, each box in the middle of its children; `first` stands to the left of all, `last` to the
 * right. */
export function asTrees(first: Box, trees: Tree[], last: Box, lines: Line[]): Picture {
  const boxes: Box[] = [first, last];
  const places = new Map<string, Place>();
  const depth = Math.max(1, ...trees.map(depthOf));
  const step = WIDTH + NARROW;
  let bottom = MARGIN;
  const put = ({ box, children }: Tree, column: number): number => {
    boxes.push(box);
    const height = heightOf(box);
    const top = bottom;
    const middles = children.map((child) => put(child, column + 1));
    const middle = middles.length ? ((middles[0] ?? 0) + (middles.at(-1) ?? 0)) / 2 : top + height / 2;
    const y = Math.max(top, middle - height / 2);
    places.set(box.id, { x: MARGIN + column * step, y, height });
    bottom = Math.max(bottom, y + height + GAP_Y);
    return y + height / 2;
  };
  for (const tree of trees) put(tree, 1);
  const tall = Math.max(bottom - GAP_Y - MARGIN, heightOf(first), heightOf(last));
  for (const [box, column] of [[first, 0], [last, depth + 1]] as const) {
    places.set(box.id, { x: MARGIN + column * step, y: MARGIN + (tall - heightOf(box)) / 2, height: heightOf(box) });
  }
  return finished(boxes, lines, places, (depth + 2) * step - NARROW, tall);
}

function depthOf({ children }: Tree): number {
  return 1 + Math.max(0, ...children.map(depthOf));
}

function finished(boxes: Box[], lines: Line[], places: Map<string, Place>, wide: number, tall: number): Picture {
  return { boxes, lines, places, width: wide + 2 * MARGIN, height: tall + 2 * MARGIN };
}

/** As much of a text as there is room for: the last part of a path, or its beginning. */
export function shortened(text: string, most: number): string {
  const last = text.length > most ? text.slice(text.lastIndexOf("/") + 1) : text;
  return last.length <= most ? last : `${last.slice(0, most - 1)}…`;
}

/** The name of a policy that is told by its ARN; of an inline one, as it is. */
export function policyName(name: string): string {
  return name.startsWith("arn:") ? name.slice(name.lastIndexOf("/") + 1) : name;
}

/** The last part of an ARN, `user/jane`; other names as they are. */
export function shortName(name: string): string {
  return name.startsWith("arn:") ? name.split(":").slice(5).join(":") || name : name;
}
