/** `prpc.StopVm` as people say it: `Stop VM`. What is no method stays as it is. */
export function actionText(action: string): string {
  const [, service, method] = /^(prpc|guest|access)\.([A-Z]\w*)$/.exec(action) ?? [];
  if (!method) return action;
  const words = method.replace(/([a-z0-9])(?=[A-Z])/g, '$1 ').split(' ');
  const said = words.map((word, place) => (place === 0 ? word : word.toLowerCase()));
  const text = said
    .join(' ')
    .replace(/\bvm(s?)\b/i, 'VM$1')
    .replace(/\bgpu(s?)\b/i, 'GPU$1');
  return service === 'guest' ? `Guest: ${text.toLowerCase()}` : text;
}
