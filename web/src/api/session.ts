/**
 * What the page knows of its session. The session itself is in a cookie that scripts cannot read; here are only the
 * CSRF token, in memory, and a note that somebody logged in, so that strangers are not asked about at the server.
 */
const STORED = "tradewind.session";

let csrfToken: string | null = null;
let onEnd: () => void = () => undefined;

export const session = {
  get csrfToken(): string | null {
    return csrfToken;
  },
  /** Whether it makes sense to ask the server who we are. */
  get likely(): boolean {
    return localStorage.getItem(STORED) !== null;
  },
  begin(token: string | null): void {
    csrfToken = token;
    localStorage.setItem(STORED, "1");
  },
  forget(): void {
    csrfToken = null;
    localStorage.removeItem(STORED);
  },
  /** Called once the server says that nobody is logged in any more. */
  whenEnded(listener: () => void): void {
    onEnd = listener;
  },
  ended(): void {
    if (!session.likely) return;
    session.forget();
    onEnd();
  },
};
