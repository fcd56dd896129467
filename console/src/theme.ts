/** Light or dark: as the system has it, unless the person has chosen. */
import { applyMode, Mode } from "@cloudscape-design/global-styles";

export type Theme = "system" | "light" | "dark";
const KEY = "iamd-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export function chosenTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function chooseTheme(theme: Theme): void {
  if (theme === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme);
  apply();
}

export function followTheme(): void {
  apply();
  system.addEventListener("change", apply);
}

function apply(): void {
  const theme = chosenTheme();
  applyMode(theme === "dark" || (theme === "system" && system.matches) ? Mode.Dark : Mode.Light);
}
