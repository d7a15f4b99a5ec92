/** A stretch of a remedy: words, or a command that can be pasted into a shell. */
export interface RemedyPart {
  kind: 'words' | 'command';
  text: string;
}

/** Where a command may begin: at the start, or after what leads to it. */
const beginning = /(?<=^|: |; |, |then |or |and )(?:sudo|echo) /.source;
/** Up to what goes on with words; what is quoted belongs to the command, whatever is in it. */
const rest = /(?:'[^']*'|(?!; |, | \(|')[^])+/.source;
const command = new RegExp(beginning + rest, 'g');

/** Finds the commands in what is advised, as `sudo modprobe ccp; or ask the host's owner` has one. */
export function remedyParts(remedy: string): RemedyPart[] {
  const parts: RemedyPart[] = [];
  let end = 0;
  for (const { 0: text, index } of remedy.matchAll(command)) {
    if (index > end) parts.push({ kind: 'words', text: remedy.slice(end, index) });
    parts.push({ kind: 'command', text });
    end = index + text.length;
  }
  if (end < remedy.length) parts.push({ kind: 'words', text: remedy.slice(end) });
  return parts;
}
