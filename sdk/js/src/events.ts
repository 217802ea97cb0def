/** Events lets others listen. A listener that throws is its own affair. */
export class Events<All extends Record<string, unknown[]>> {
  private readonly listeners: { [E in keyof All]?: Set<(...args: All[E]) => void> } = {};

  /** on calls listener whenever the event happens, until what it returns is called. */
  on<E extends keyof All>(event: E, listener: (...args: All[E]) => void): () => void {
    const all = (this.listeners[event] ??= new Set());
    // Who registers one listener twice is called twice, and stops each for itself.
    const own = (...args: All[E]): void => listener(...args);
    all.add(own);
    return () => void all.delete(own);
  }

  protected emit<E extends keyof All>(event: E, ...args: All[E]): void {
    for (const listener of [...(this.listeners[event] ?? [])]) callOut(() => listener(...args));
  }
}

/** callOut calls what the application has given. What it throws is reported as uncaught, and disturbs nobody else. */
export function callOut(f: () => void): void {
  try {
    f();
  } catch (err) {
    queueMicrotask(() => {
      throw err;
    });
  }
}
