// Who is logged in, as this tab remembers it: two tabs are two users.

export interface Account {
  appId: string;
  key: string;
  name: string;
}

const kept = 'parley.account';

export function remembered(): Account | undefined {
  try {
    const a = JSON.parse(sessionStorage.getItem(kept) ?? 'null') as Account | null;
    return a?.appId && a.key && a.name ? a : undefined;
  } catch {
    return undefined;
  }
}

export function remember(a: Account | undefined): void {
  if (a) sessionStorage.setItem(kept, JSON.stringify(a));
  else sessionStorage.removeItem(kept);
}

/** demo is the app that the server lends to its pages; undefined = it lends none. */
export async function demo(): Promise<{ appId: string; key: string } | undefined> {
  const res = await fetch('/demo.json').catch(() => undefined);
  return res?.status === 200 ? ((await res.json()) as { appId: string; key: string }) : undefined;
}
