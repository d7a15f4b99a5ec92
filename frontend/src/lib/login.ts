/** The server's close code for a websocket that nobody known has opened: the session is over. */
export const NOBODY_KNOWN = 4401;

/** Leaves for the server's login page, which comes back to where one was. */
export function goToLogin(location: Location = window.location): void {
  const here = location.pathname + location.search;
  location.assign(`/login/?next=${encodeURIComponent(here)}`);
}
