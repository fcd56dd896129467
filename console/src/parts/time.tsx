/** Times as people read them; the exact one is told by the tooltip. */
import { strings } from "../strings";

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "long" });

/** Seconds of the epoch as "3 days ago". */
export function ago(seconds: number): string {
  const passed = seconds - Date.now() / 1000;
  for (const [unit, length] of UNITS) {
    if (Math.abs(passed) >= length) return relative.format(Math.trunc(passed / length), unit);
  }
  return strings.time.now;
}

export function Ago({ at }: { at: number | undefined }) {
  if (at === undefined) return <>{strings.time.never}</>;
  const moment = new Date(at * 1000);
  return (
    <time dateTime={moment.toISOString()} title={exact.format(moment)}>
      {ago(at)}
    </time>
  );
}

export function Moment({ at }: { at: number | undefined }) {
  if (at === undefined) return <>–</>;
  const moment = new Date(at * 1000);
  return <time dateTime={moment.toISOString()}>{exact.format(moment)}</time>;
}
