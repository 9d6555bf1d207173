/** The platform's library in our frame, with promises, and a word instead of silence where it is missing. */
import { Problem } from "@/shared/problem";

export interface Auth {
  access_token: string;
  refresh_token: string;
  /** The moment when it ends, unix time. */
  expires_in: number;
  domain: string;
  member_id: string;
}

interface PickedUser {
  id: number | string;
  name: string;
  position?: string;
}

export interface Library {
  init(callback: () => void): void;
  getAuth(): Auth | false;
  refreshAuth(callback: (auth: Auth | false) => void): void;
  installFinish(): void;
  selectUsers(callback: (users: PickedUser[]) => void): void;
  fitWindow(callback?: () => void): void;
  reloadWindow(): void;
}

declare global {
  interface Window {
    BX24?: Library;
  }
}

const PATIENCE_MS = 10_000;

export class Portal {
  #library: Library | undefined;

  constructor(private readonly find: () => Library | undefined = () => window.BX24) {}

  /** Wait for the platform to introduce itself. Fails where this is no frame of a portal. */
  async init(): Promise<void> {
    const library = this.find();
    if (!library) throw new Problem("outside_bitrix24", "");
    await answered("outside_bitrix24", (done) => library.init(() => done(undefined)));
    this.#library = library;
  }

  /** Tokens of whoever looks at the page; asked anew when the ones at hand have ended, or when `anew` says so. */
  async auth(anew = false): Promise<Auth> {
    const found = (!anew && this.#ready.getAuth()) || (await answered("no_bitrix24_auth", this.#refresh));
    if (!found) throw new Problem("no_bitrix24_auth", "");
    return found;
  }

  /** The portal's own dialog; an empty list when it was closed. It has no time limit: a person is choosing. */
  selectUsers(): Promise<{ id: number; name: string; position: string }[]> {
    return new Promise((resolve) => {
      this.#ready.selectUsers((users) =>
        resolve(users.map(({ id, name, position = "" }) => ({ id: Number(id), name, position }))),
      );
    });
  }

  /** Tell the platform that the app is installed; it then loads the main page into the frame. */
  installFinish(): void {
    this.#ready.installFinish();
  }

  reload(): void {
    this.#ready.reloadWindow();
  }

  /** Give the frame the height of its content. */
  fit(): void {
    this.#library?.fitWindow();
  }

  readonly #refresh = (done: (auth: Auth | false) => void): void => this.#ready.refreshAuth(done);

  get #ready(): Library {
    if (!this.#library) throw new Problem("outside_bitrix24", "");
    return this.#library;
  }
}

/** The value that `ask` hands to its callback, or a problem of this code when it never does. */
function answered<T>(code: string, ask: (done: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Problem(code, "")), PATIENCE_MS);
    ask((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
