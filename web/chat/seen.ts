/** Seen remembers in this browser how far a user has read: the number of the last message that was seen, by conversation. */
export class Seen {
  private readonly kept: string;
  private readonly all: Record<string, number>;

  constructor(appId: string, user: string) {
    this.kept = `parley.seen.${appId}.${user}`;
    this.all = read(this.kept);
  }

  /** upTo is 0 where nothing was seen. */
  upTo(conversation: string): number {
    return this.all[conversation] ?? 0;
  }

  saw(conversation: string, n: number): void {
    if (n <= this.upTo(conversation)) return;
    this.all[conversation] = n;
    try {
      localStorage.setItem(this.kept, JSON.stringify(this.all));
    } catch {
      // What is not kept is unread again after a reload.
    }
  }
}

function read(kept: string): Record<string, number> {
  try {
    return { ...(JSON.parse(localStorage.getItem(kept) ?? '{}') as Record<string, number>) };
  } catch {
    return {};
  }
}
