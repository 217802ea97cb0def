// The texts of the page, in the languages that it speaks.

const en = {
  appName: 'parley',
  tagline: 'Talk to friends, in groups and in rooms.',
  logIn: 'Log in',
  logOut: 'Log out',
  name: 'Your name',
  nameHint: 'Letters, digits, _ and -. Nobody has to sign up.',
  namePattern: 'A name has letters from a to z, digits, _ and -, and nothing else.',
  appId: 'App id',
  appKey: 'Client key',
  keysHint: '“parley app keys” shows both.',
  language: 'Language',
  conversations: 'Conversations',
  friends: 'Friends',
  groups: 'Groups',
  rooms: 'Rooms',
  noFriends: 'No friends yet.',
  noGroups: 'No groups yet.',
  noRooms: 'No rooms yet.',
  addFriend: 'Add a friend',
  newGroup: 'New group',
  newRoom: 'New room',
  friendName: 'Name of your friend',
  title: 'Title',
  members: 'Members',
  moreMembers: 'More members',
  membersHint: 'Names, with commas between them.',
  create: 'Create',
  add: 'Add',
  cancel: 'Cancel',
  exit: 'Leave',
  pick: 'Choose a conversation, or begin one.',
  write: 'Write a message',
  send: 'Send',
  emoji: 'Emoji',
  attach: 'Send a picture',
  back: 'Back',
  online: 'online',
  offline: 'offline',
  stranger: 'not a friend',
  connecting: 'Connecting…',
  connected: 'Connected',
  refused: 'Not let in',
  closed: 'Logged out',
  paused: 'Paused',
  reconnecting: 'No connection. Trying again… What you write is sent as soon as there is one.',
  sentAway: 'The server has ended this session.',
  unreachable: 'The server does not answer. Trying again…',
  loginAgain: 'Log in again',
  again: 'Try again',
  failed: 'Not sent.',
  waiting: 'Waiting for the connection',
  sending: 'Sending',
  uploading: 'Uploading',
  unread: (n: number) => `${n} unread`,
  listFailed: 'Conversations could not be loaded.',
  historyFailed: 'Messages could not be loaded.',
  beginning: 'This is the beginning.',
  latest: 'To the latest',
  more: 'Show all',
  less: 'Show less',
  picture: 'Picture',
  sound: 'Sound',
  video: 'Video',
  pictureOf: (who: string) => `Picture from ${who}`,
  gone: 'This file is not there any more.',
  elsewhere: 'A file from another server is not shown:',
  tooLarge: 'The file is larger than 20 MB.',
  tooLong: 'The text is longer than 100,000 characters.',
  roomLive: 'A room keeps nothing: what is said is heard by those who are there.',
  membersOf: (n: number) => (n === 1 ? '1 member' : `${n} members`),
  you: 'You',
  owner: 'owner',
  today: 'Today',
  yesterday: 'Yesterday',
  says: (who: string, what: string) => `${who}: ${what}`,
  errors: {
    5001: 'That is not possible as it stands.',
    5003: 'You may not do this.',
    5004: 'There is no such thing.',
    5008: 'It is full.',
    5010: 'That is too long.',
    5011: 'The file is too large.',
    5013: 'The server cannot do it at the moment.',
    5014: 'The server has too much to do at the moment.',
    [-1]: 'The server cannot be reached.',
    [-2]: 'You are not logged in.',
  } as Record<number, string>,
  loginErrors: {
    5001: 'That name is not possible.',
    5003: 'The app id or the key is wrong.',
  } as Record<number, string>,
  error: (code: number) => `Error ${code}`,
};

type Texts = typeof en;

const zh: Texts = {
  appName: 'parley',
  tagline: '和好友聊天，建群组，开房间。',
  logIn: '登录',
  logOut: '退出登录',
  name: '你的名字',
  nameHint: '可用字母、数字、_ 和 -，无需注册。',
  namePattern: '名字只能包含英文字母、数字、_ 和 -。',
  appId: '应用 ID',
  appKey: '客户端密钥',
  keysHint: '可用 “parley app keys” 查看。',
  language: '语言',
  conversations: '会话',
  friends: '好友',
  groups: '群组',
  rooms: '房间',
  noFriends: '还没有好友。',
  noGroups: '还没有群组。',
  noRooms: '还没有房间。',
  addFriend: '添加好友',
  newGroup: '新建群组',
  newRoom: '新建房间',
  friendName: '好友的名字',
  title: '标题',
  members: '成员',
  moreMembers: '添加成员',
  membersHint: '多个名字用逗号分隔。',
  create: '创建',
  add: '添加',
  cancel: '取消',
  exit: '退出',
  pick: '选择一个会话，或新建一个。',
  write: '输入消息',
  send: '发送',
  emoji: '表情',
  attach: '发送图片',
  back: '返回',
  online: '在线',
  offline: '离线',
  stranger: '不是好友',
  connecting: '正在连接…',
  connected: '已连接',
  refused: '登录被拒绝',
  closed: '已退出',
  paused: '已暂停',
  reconnecting: '连接已断开，正在重连…你写的消息会在恢复后发出。',
  sentAway: '服务器结束了这次会话。',
  unreachable: '服务器没有响应，正在重试…',
  loginAgain: '重新登录',
  again: '重试',
  failed: '未发送。',
  waiting: '等待连接',
  sending: '发送中',
  uploading: '正在上传',
  unread: (n) => `${n} 条未读`,
  listFailed: '无法加载会话。',
  historyFailed: '无法加载消息。',
  beginning: '没有更早的消息了。',
  latest: '回到最新',
  more: '展开',
  less: '收起',
  picture: '图片',
  sound: '语音',
  video: '视频',
  pictureOf: (who) => `${who} 的图片`,
  gone: '文件已不存在。',
  elsewhere: '不显示来自其他服务器的文件：',
  tooLarge: '文件超过 20 MB。',
  tooLong: '文字超过 100,000 个字符。',
  roomLive: '房间不保存消息，只有在场的人能看到。',
  membersOf: (n) => `${n} 位成员`,
  you: '你',
  owner: '群主',
  today: '今天',
  yesterday: '昨天',
  says: (who, what) => `${who}：${what}`,
  errors: {
    5001: '请求不正确。',
    5003: '没有权限。',
    5004: '不存在。',
    5008: '人数已满。',
    5010: '内容太长。',
    5011: '文件太大。',
    5013: '服务器暂时不可用。',
    5014: '服务器繁忙。',
    [-1]: '无法连接服务器。',
    [-2]: '尚未登录。',
  },
  loginErrors: {
    5001: '这个名字不可用。',
    5003: '应用 ID 或密钥不正确。',
  },
  error: (code) => `错误 ${code}`,
};

export const languages = { en: 'English', zh: '中文' } as const;
export type Language = keyof typeof languages;

const all: Record<Language, Texts> = { en, zh };
const kept = 'parley.language';

/** language is what the user has chosen, or the browser speaks. */
export function language(): Language {
  const chosen = localStorage.getItem(kept);
  if (chosen === 'en' || chosen === 'zh') return chosen;
  return navigator.language.startsWith('zh') ? 'zh' : 'en';
}

export let t: Texts;
let times: Record<'clock' | 'day' | 'moment', Intl.DateTimeFormat>;
use(language());

/** speak changes the language. What is shown has to be shown anew. */
export function speak(l: Language): void {
  localStorage.setItem(kept, l);
  use(l);
}

function use(l: Language): void {
  document.documentElement.lang = l === 'zh' ? 'zh-CN' : l;
  t = all[l];
  // Times are written as in the user's country. Formats cost much to make, and a conversation has thousands of times.
  const here = navigator.languages.find((n) => n.startsWith(l)) ?? l;
  times = {
    clock: new Intl.DateTimeFormat(here, { timeStyle: 'short' }),
    day: new Intl.DateTimeFormat(here, { weekday: 'long', month: 'long', day: 'numeric' }),
    moment: new Intl.DateTimeFormat(here, { dateStyle: 'medium', timeStyle: 'medium' }),
  };
}

/** problem is what a user is told of an error. */
export function problem(err: unknown): string {
  const code = (err as { code?: number } | undefined)?.code ?? 0;
  return t.errors[code] ?? t.error(code);
}

/** clock is the time of day of a message, moment all of it. */
export function clock(ts: number): string {
  return times.clock.format(ts);
}

export function moment(ts: number): string {
  return times.moment.format(ts);
}

/** day is when the day of a message began, in milliseconds since 1970. */
export function day(ts: number): number {
  return new Date(ts).setHours(0, 0, 0, 0);
}

/** date is what a day is called. */
export function date(ts: number): string {
  const today = day(Date.now());
  if (day(ts) === today) return t.today;
  if (day(ts) === day(today - 1)) return t.yesterday;
  return times.day.format(ts);
}

/** lately is the time of day of what was said today, and else the date. */
export function lately(ts: number): string {
  return day(ts) === day(Date.now()) ? clock(ts) : date(ts);
}
