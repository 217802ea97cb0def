import { Sending, type Say } from './sending.js';
import { Media, type Content, type Target } from './types.js';

/** What can be uploaded. */
export type Uploadable = Blob | FormData;

/** Post uploads and says for a Composer. */
export interface Post {
  upload(data: Uploadable): Promise<string[]>;
  say(message: Say, sending: Sending): void;
}

/** Composer puts a message together: `im.toFriend('jerry').text('hello').ok()`. */
export class Composer {
  private content?: Content;
  private note?: string;
  private wanted?: string;
  private notification?: Record<string, unknown>;

  constructor(
    private readonly post: Post,
    private readonly to: { id: string; type: Target },
  ) {}

  text(body: string): this {
    return this.with(Media.text, body);
  }

  /** image, audio and video take a file, which is uploaded, or what an upload has answered. */
  image(data: unknown): this {
    return this.with(Media.image, data);
  }

  audio(data: unknown): this {
    return this.with(Media.audio, data);
  }

  video(data: unknown): this {
    return this.with(Media.video, data);
  }

  /** mediaUrl takes what was uploaded before. */
  mediaUrl(data: { media?: Media; body: unknown }): this {
    return this.with(data.media ?? Media.text, data.body);
  }

  /** remark goes with the message. */
  remark(text: string): this {
    this.note = text;
    return this;
  }

  /** push says what those see who are offline. */
  push(how: Record<string, unknown>): this {
    this.notification = how;
    return this;
  }

  /** id gives the message an id (1-64 of A-Z, a-z, 0-9, _ and -), so that the page can send it once only, also after a reload. */
  id(id: string): this {
    this.wanted = id;
    return this;
  }

  /** ok sends it, after its file. */
  ok(): Sending {
    const sending = new Sending(this.wanted);
    const content = this.content ?? { media: Media.text, body: '' };
    if (!isUploadable(content.body)) {
      this.say(sending, content);
      return sending;
    }
    this.post.upload(content.body).then(
      (body) => this.say(sending, { media: content.media, body }),
      (err: unknown) => sending.fails(err),
    );
    return sending;
  }

  /** send is ok. */
  send(): Sending {
    return this.ok();
  }

  private with(media: Media, body: unknown): this {
    this.content = { media, body };
    return this;
  }

  private say(sending: Sending, content: Content): void {
    const message: Say = { id: sending.id, to: this.to, content, ts: Date.now() };
    if (this.note !== undefined) message.remark = this.note;
    if (this.notification !== undefined) message.push = this.notification;
    this.post.say(message, sending);
  }
}

export function isUploadable(data: unknown): data is Uploadable {
  return (typeof Blob !== 'undefined' && data instanceof Blob) || (typeof FormData !== 'undefined' && data instanceof FormData);
}

/** formOf is the form that uploads data. */
export function formOf(data: Uploadable): FormData {
  if (data instanceof FormData) return data;
  const form = new FormData();
  form.append('attachment', data, 'name' in data && typeof data.name === 'string' ? data.name : 'file.' + extensionOf(data.type));
  return form;
}

/** Where the extension is not the second half of the type. */
const extensions: Record<string, string> = {
  'audio/mp4': 'm4a',
  'audio/mpeg': 'mp3',
  'audio/webm': 'weba',
  'audio/x-m4a': 'm4a',
  'audio/x-wav': 'wav',
  'image/jpeg': 'jpg',
  'text/plain': 'txt',
  'video/3gpp': '3gp',
  'video/ogg': 'ogv',
  'video/quicktime': 'mov',
  'video/x-matroska': 'mkv',
  'video/x-msvideo': 'avi',
};

/** extensionOf is the extension by which the server knows a type again: it does not take the client's word for that. */
function extensionOf(type: string): string {
  const [name = ''] = type.toLowerCase().split(';');
  return extensions[name] ?? name.split(/[/+]/)[1] ?? 'bin';
}
