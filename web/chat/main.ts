import { im, IMError, type Client } from '../../sdk/js/src/index.js';
import { avatar } from './avatar.js';
import { el, icon, iconButton, put, said } from './dom.js';
import { problem, t } from './i18n.js';
import { card, loginPage } from './login.js';
import { alerted, short } from './media.js';
import { Model, type Conversation } from './model.js';
import { Seen } from './seen.js';
import { remember, remembered, type Account } from './session.js';
import { Sidebar } from './sidebar.js';
import { Thread } from './thread.js';

const root = document.body;

/** How long a message from the app itself is shown, and after which time a login is said to be slow, in milliseconds. */
const noticeTime = 8000;
const slowLogin = 4000;

/** After which time conversations are read again if a server was not ready for that, in milliseconds. */
const retryTime = 2000;

/** enter logs a user in, and shows the page of that user, or the login again. */
function enter(account: Account): void {
  remember(account);
  const client = im({ appId: account.appId, clientId: account.key, userId: account.name, server: location.origin });
  const state = el('p', { attrs: { role: 'status' }, textContent: t.connecting });
  const slow = setTimeout(() => (state.textContent = t.unreachable), slowLogin);
  const end = (): void => {
    clearTimeout(slow);
    stop();
  };
  const back = (failed?: { code?: number }): void => {
    end();
    client.logout();
    remember(undefined);
    void loginPage(root, enter, account, failed);
  };
  const stop = client.on('login', (login) => {
    if (!login.success) return back({ code: login.error });
    end();
    show(client, login.id ?? account.name, account.appId);
  });
  put(root, card(state, el('button', { class: 'wide', type: 'button', textContent: t.cancel, on: { click: () => back() } })));
}

/** logOut forgets who was logged in. */
function logOut(client: Client): void {
  client.logout();
  remember(undefined);
  location.reload();
}

function show(client: Client, me: string, appId: string): void {
  const model = new Model(client, me, new Seen(appId, me));
  let thread: Thread | undefined;
  const pane = el('main', { class: 'pane' });
  const nobody = (): void => put(pane, el('div', { class: 'empty' }, icon('chat'), el('p', { textContent: t.pick })));
  const leave = (): void => {
    const c = model.opened;
    thread?.close();
    thread = undefined;
    model.close();
    root.classList.remove('reading');
    nobody();
    if (c) sidebar.focus(c);
  };
  const open = (c: Conversation): void => {
    if (c === model.opened) return;
    thread?.close();
    thread = new Thread(model, c, leave);
    put(pane, thread.element);
    root.classList.add('reading');
    thread.opened();
  };
  const sidebar = new Sidebar(model, open);
  put(root, banner(client), aside(model, sidebar, client), pane, notices(model), spoken(model));
  nobody();

  model.on('list', () => {
    const unread = [...model.conversations.values()].reduce((sum, c) => sum + c.unread, 0);
    document.title = (unread > 0 ? `(${unread}) ` : '') + me + ' – ' + t.appName;
  });
  document.addEventListener('visibilitychange', () => model.looked());
}

/** aside has who is logged in, and the conversations, which are read anew whenever there is a connection again. */
function aside(model: Model, sidebar: Sidebar, client: Client): HTMLElement {
  const state = el('span', { class: 'status' });
  const problems = el('div', { class: 'problems' });
  const refresh = async (): Promise<void> => {
    try {
      await model.refresh();
      put(problems);
    } catch (err) {
      put(problems, alerted(`${t.listFailed} ${problem(err)}`), el('button', { class: 'link', type: 'button', textContent: t.again, on: { click: () => void refresh() } }));
      if (err instanceof IMError && err.temporary) setTimeout(() => client.state === 'online' && void refresh(), retryTime);
    }
  };
  const changed = (): void => {
    state.textContent = { connecting: t.connecting, online: t.connected, refused: t.refused, closed: t.closed, paused: t.paused }[client.state];
    state.classList.toggle('online', client.state === 'online');
    if (client.state === 'online') void refresh();
  };
  client.on('state', changed);
  changed();
  // What others have made, friends and groups, is told to nobody.
  document.addEventListener('visibilitychange', () => void (!document.hidden && client.state === 'online' && refresh()));
  return el(
    'aside', {},
    el('header', {}, avatar(model.me), el('div', { class: 'who' }, el('h1', {}, said(model.me)), state), iconButton('leave', t.logOut, () => logOut(client))),
    problems,
    sidebar.element,
  );
}

/** banner says that there is no connection, and what to do about it. */
function banner(client: Client): HTMLElement {
  const b = el('div', { class: 'banner', attrs: { role: 'status' } });
  const changed = (): void => {
    if (client.state === 'online') return put(b);
    if (client.state === 'connecting') return put(b, t.reconnecting);
    put(b, client.state === 'refused' ? t.refused : t.sentAway, ' ', el('button', { class: 'link', type: 'button', textContent: t.loginAgain, on: { click: () => logOut(client) } }));
  };
  client.on('state', changed);
  return b;
}

/** notices shows what the app itself says, for a while. */
function notices(model: Model): HTMLElement {
  const all = el('div', { class: 'notices', attrs: { role: 'status' } });
  model.on('notice', (text) => {
    const notice = el('p', {}, said(text));
    all.append(notice);
    setTimeout(() => notice.remove(), noticeTime);
  });
  return all;
}

/** spoken tells those who do not see the page what is said. */
function spoken(model: Model): HTMLElement {
  const now = el('p', { class: 'hidden', attrs: { 'aria-live': 'polite' } });
  model.on('heard', (c, entry) => {
    const what = t.says(entry.who, short(entry.content));
    now.textContent = c === model.opened || c.title === entry.who ? what : t.says(c.title, what);
  });
  return now;
}

const account = remembered();
if (account) enter(account);
else void loginPage(root, enter);
