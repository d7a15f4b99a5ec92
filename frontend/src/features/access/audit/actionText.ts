import words from './actionWords.json';

/** What is no method of the API; a test of the server's keeps it whole. */
const known: Record<string, string> = words;

/** `prpc.StopVm` as people say it: `Stop VM`. What is not known stays as it is. */
export function actionText(action: string): string {
  const [, service, name = ''] = /^(prpc|guest|access|admin)\.([\w.-]+)$/.exec(action) ?? [];
  if (known[action] || !service) return known[action] ?? action;
  const parts = name
    .replace(/([a-z0-9])(?=[A-Z])/g, '$1 ')
    .replace(/[._-]/g, ' ')
    .split(' ');
  const said = parts.map((word, place) => (place === 0 ? word : word.toLowerCase()));
  const text = said
    .join(' ')
    .replace(/\bvm(s?)\b/gi, 'VM$1')
    .replace(/\bgpu(s?)\b/gi, 'GPU$1');
  if (service === 'guest') return `Guest: ${text.toLowerCase()}`;
  return service === 'admin'
    ? `Admin pages: ${text.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase())}`
    : text;
}
