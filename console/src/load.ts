/** Asking the server, and doing something there, as states of a component. */
import { useCallback, useEffect, useState } from "react";

import { Refusal } from "./api";

export interface Loaded<T> {
  value?: T;
  error?: Refusal;
  loading: boolean;
  reload: () => void;
}

/** The answer to a question, asked anew when one of `on` changes or `reload` is called; the last answer stays meanwhile. */
export function useLoad<T>(ask: () => Promise<T>, on: unknown[]): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, "reload">>({ loading: true });
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    setState(({ value }) => ({ ...(value !== undefined && { value }), loading: true }));
    ask().then(
      (value) => current && setState({ value, loading: false }),
      (error: unknown) => current && setState({ error: refusalOf(error), loading: false }),
    );
    return () => {
      current = false;
    };
  }, [round, ...on]);
  return { ...state, reload: useCallback(() => setRound((n) => n + 1), []) };
}

/** The same question, with something made of its answer. */
export function mapped<T, U>({ value, ...rest }: Loaded<T>, make: (value: T) => U): Loaded<U> {
  return value === undefined ? rest : { ...rest, value: make(value) };
}

export interface Doing {
  error?: Refusal | undefined;
  busy: boolean;
  /** Does the work; tells whether it was done. What was refused is in `error`. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
}

/** Something that a person sets off. */
export function useDoing(): Doing {
  const [error, setError] = useState<Refusal>();
  const [busy, setBusy] = useState(false);
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
      return true;
    } catch (refused) {
      setError(refusalOf(refused));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { error, busy, run, clear: () => setError(undefined) };
}

export function refusalOf(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal("Failed", error instanceof Error ? error.message : String(error));
}
