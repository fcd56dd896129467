/** Light or dark: as the system has it, unless the person has chosen. */
import { applyMode, Mode } from "@cloudscape-design/global-styles";
import { useSyncExternalStore } from "react";

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

/** Whether pages are dark now; the component is drawn anew when that changes. */
export function useDark(): boolean {
  return useSyncExternalStore((told) => {
    changes.addEventListener("change", told);
    return () => changes.removeEventListener("change", told);
  }, isDark);
}

const changes = new EventTarget();

function isDark(): boolean {
  const theme = chosenTheme();
  return theme === "dark" || (theme === "system" && system.matches);
}

function apply(): void {
  applyMode(isDark() ? Mode.Dark : Mode.Light);
  changes.dispatchEvent(new Event("change"));
}
