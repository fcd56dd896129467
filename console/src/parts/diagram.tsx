/** A picture that can be zoomed, moved and saved: by buttons, by keyboard and by dragging. What it shows stands beside it
 * as text, for those who cannot see it. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { type KeyboardEvent, type PointerEvent, useId, useRef, useState } from "react";

import { strings } from "../strings";
import { useDark } from "../theme";
import { LINE, type Line, type Picture, type Place, shortened, TITLE, type Tone, WIDTH } from "../work/pictures";
import { Actions } from "./list";
import { download } from "./secret";

const text = strings.diagram;
const FONT = "'Open Sans', 'Helvetica Neue', Arial, sans-serif";
const STEP = 1.25;
const MOVED = 60;
const CLOSEST = 4;
const LEAST_HIGH = 0.6; // of its width
const TALLEST = 720; // pixels on the page

interface Colours {
  back: string;
  ink: string;
  soft: string;
  fill: Record<Tone, string>;
  edge: Record<Tone, string>;
}
const LIGHT: Colours = {
  back: "#ffffff",
  ink: "#0f141a",
  soft: "#424650",
  fill: { plain: "#f3f3f7", good: "#effff1", bad: "#fff5f5", faint: "#ffffff" },
  edge: { plain: "#656871", good: "#00802f", bad: "#db0000", faint: "#b4b4bb" },
};
const DARK: Colours = {
  back: "#161d26",
  ink: "#ebebf0",
  soft: "#c6c6cd",
  fill: { plain: "#232b37", good: "#001401", bad: "#1f0000", faint: "#161d26" },
  edge: { plain: "#a4a4ad", good: "#2bb534", bad: "#ff7a7a", faint: "#656871" },
};

interface View {
  x: number;
  y: number;
  zoom: number;
}
const WHOLE: View = { x: 0, y: 0, zoom: 1 };

export function Diagram({ picture, label, file }: { picture: Picture; label: string; file: string }) {
  const [view, setView] = useState(WHOLE);
  const drawing = useRef<SVGSVGElement>(null);
  const keys = useId();
  const zoom = (by: number) =>
    setView((now) => {
      const zoom = Math.min(Math.max(now.zoom * by, 1), CLOSEST);
      const [before, after] = [seen(now, picture), seen({ ...now, zoom }, picture)];
      return within({ x: now.x + (before.width - after.width) / 2, y: now.y + (before.height - after.height) / 2, zoom }, picture);
    });
  const move = (x: number, y: number) => setView((now) => within({ ...now, x: now.x + x / now.zoom, y: now.y + y / now.zoom }, picture));
  const pressed = (event: KeyboardEvent) => {
    const moves: Record<string, () => void> = {
      "+": () => zoom(STEP),
      "=": () => zoom(STEP),
      "-": () => zoom(1 / STEP),
      "0": () => setView(WHOLE),
      ArrowLeft: () => move(-MOVED, 0),
      ArrowRight: () => move(MOVED, 0),
      ArrowUp: () => move(0, -MOVED),
      ArrowDown: () => move(0, MOVED),
    };
    const doing = event.ctrlKey || event.metaKey ? undefined : moves[event.key];
    if (doing === undefined) return;
    event.preventDefault();
    doing();
  };
  const drag = (event: PointerEvent) => {
    const shown = drawing.current?.getBoundingClientRect();
    if (event.buttons === 1 && shown) {
      const scale = picture.width / shown.width;
      move(-event.movementX * scale, -event.movementY * scale);
    }
  };
  return (
    <SpaceBetween size="xs">
      <Actions>
        <Button iconName="zoom-in" ariaLabel={text.closer} disabled={view.zoom >= CLOSEST} onClick={() => zoom(STEP)} />
        <Button iconName="zoom-out" ariaLabel={text.farther} disabled={view.zoom <= 1} onClick={() => zoom(1 / STEP)} />
        <Button iconName="zoom-to-fit" ariaLabel={text.fit} onClick={() => setView(WHOLE)} />
        <Button iconName="download" onClick={() => save(drawing.current, picture, file)}>
          {text.save}
        </Button>
      </Actions>
      <div role="group" aria-label={label} aria-describedby={keys} tabIndex={0} onKeyDown={pressed} onPointerMove={drag}>
        <Drawing picture={picture} label={label} view={view} ref={drawing} />
      </div>
      <Box color="text-body-secondary" fontSize="body-s" id={keys}>
        {text.keys}
      </Box>
    </SpaceBetween>
  );
}

/** How much of the picture is seen: of one that is flat, more of the height when it is zoomed in. */
function seen({ zoom }: View, { width, height }: Picture): { width: number; height: number } {
  const wide = width / zoom;
  return { width: wide, height: Math.min(height, Math.max(height / zoom, wide * LEAST_HIGH)) };
}

/** No farther than the picture goes. */
function within(view: View, picture: Picture): View {
  const { width, height } = seen(view, picture);
  const most = (at: number, free: number) => Math.min(Math.max(at, 0), free);
  return { zoom: view.zoom, x: most(view.x, picture.width - width), y: most(view.y, picture.height - height) };
}

function save(drawing: SVGSVGElement | null, { width, height }: Picture, file: string): void {
  const copy = drawing?.cloneNode(true) as SVGSVGElement | undefined;
  if (!copy) return;
  copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  copy.removeAttribute("style");
  download(file, new XMLSerializer().serializeToString(copy), "image/svg+xml");
}

interface DrawingProps {
  picture: Picture;
  label: string;
  view: View;
  ref: React.Ref<SVGSVGElement>;
}

/** Colours are attributes, so that a saved file looks the same. */
function Drawing({ picture, label, view, ref }: DrawingProps) {
  const colours = useDark() ? DARK : LIGHT;
  const { width, height, boxes, lines, places } = picture;
  const part = seen(view, picture);
  const box = `${view.x} ${view.y} ${part.width} ${part.height}`;
  const style = { width: "100%", maxWidth: width * 1.1, maxHeight: TALLEST, aspectRatio: `${part.width} / ${part.height}`, cursor: view.zoom > 1 ? "grab" : "default", touchAction: view.zoom > 1 ? "none" : "auto" };
  return (
    <svg ref={ref} role="img" aria-label={label} xmlns="http://www.w3.org/2000/svg" viewBox={box} style={style} fontFamily={FONT}>
      <rect width={width} height={height} fill={colours.back} />
      {lines.map((line, at) => (
        <Curve key={at} line={line} from={places.get(line.from)} to={places.get(line.to)} colours={colours} />
      ))}
      {boxes.map(({ id, title, lines: below, tone }) => {
        const place = places.get(id);
        return (
          place && (
            <g key={id} transform={`translate(${place.x} ${place.y})`}>
              <title>{[title, ...below].join(", ")}</title>
              <rect width={WIDTH} height={place.height} rx={8} fill={colours.fill[tone]} stroke={colours.edge[tone]} strokeWidth={tone === "faint" ? 1 : 1.5} />
              <text x={12} y={TITLE + 4} fontSize={13} fontWeight={600} fill={colours.ink}>
                {shortened(title, 21)}
              </text>
              {below.map((each, at) => (
                <text key={at} x={12} y={TITLE + 4 + LINE * (at + 1)} fontSize={12} fill={colours.soft}>
                  {shortened(each, 25)}
                </text>
              ))}
            </g>
          )
        );
      })}
    </svg>
  );
}

/** From the right of one box to the left of another; back again, around the outside of both. */
function Curve({ line, from, to, colours }: { line: Line; from: Place | undefined; to: Place | undefined; colours: Colours }) {
  if (!from || !to) return null;
  const ahead = to.x > from.x;
  const [x1, x2] = [from.x + WIDTH, ahead ? to.x : to.x + WIDTH];
  const [y1, y2] = [from.y + from.height / 2, to.y + to.height / 2];
  const bend = ahead ? (x2 - x1) / 2 : 48;
  const d = `M${x1} ${y1}C${x1 + bend} ${y1} ${ahead ? x2 - bend : x2 + bend} ${y2} ${x2} ${y2}`;
  const colour = colours.edge[line.tone];
  return (
    <g>
      {line.label && <title>{line.label}</title>}
      <path d={d} fill="none" stroke={colour} strokeWidth={line.tone === "faint" ? 1 : 1.5} strokeDasharray={line.tone === "faint" ? "4 4" : undefined} />
      <circle cx={x2} cy={y2} r={3} fill={colour} />
      {line.label && ahead && (
        <text x={x2 - 10} y={y2 > y1 ? y2 + 15 : y2 - 6} textAnchor="end" fontSize={12} fill={colours.soft} stroke={colours.back} strokeWidth={3} paintOrder="stroke">
          {shortened(line.label, 27)}
        </text>
      )}
    </g>
  );
}
