/** What is no method of the API. */
const words: Record<string, string> = {
  console: 'Open console',
  'console.type': 'Type in console',
  login: 'Log in',
  logout: 'Log out',
  logs: 'Read logs',
  'set-up': 'Make the first admin',
};

/** `prpc.StopVm` as people say it: `Stop VM`. What is not known stays as it is. */
export function actionText(action: string): string {
  const [, service, method] = /^(prpc|guest|access)\.([A-Z]\w*)$/.exec(action) ?? [];
  if (!method) return words[action] ?? action;
  const parts = method.replace(/([a-z0-9])(?=[A-Z])/g, '$1 ').split(' ');
  const said = parts.map((word, place) => (place === 0 ? word : word.toLowerCase()));
  const text = said
    .join(' ')
    .replace(/\bvm(s?)\b/i, 'VM$1')
    .replace(/\bgpu(s?)\b/i, 'GPU$1');
  return service === 'guest' ? `Guest: ${text.toLowerCase()}` : text;
}
