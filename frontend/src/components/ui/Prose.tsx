/** Words in which `code` is marked as in Markdown, and nothing else is. */
export function Prose({ text }: { text: string }) {
  return text.split('`').map((part, place) => (place % 2 === 1 ? <code key={place}>{part}</code> : part));
}
