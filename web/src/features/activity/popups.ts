import { useSyncExternalStore } from "react";

const STORED = "tradewind.popups";
const listeners = new Set<() => void>();

export function popupsOn(): boolean {
  return localStorage.getItem(STORED) !== "off";
}

export function setPopups(on: boolean): void {
  if (on) localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, "off");
  listeners.forEach((listener) => listener());
}

export function usePopups(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, popupsOn);
}
