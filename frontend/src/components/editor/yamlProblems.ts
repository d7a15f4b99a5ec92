import { parseDocument } from 'yaml';

export interface YamlProblem {
  severity: 'error' | 'warning';
  /** Where in the text, in UTF-16 units. */
  from: number;
  to: number;
  message: string;
}

/** No file has more than this told of it: one broken line makes all that follow wrong. */
const MOST = 20;

/** Where a text breaks YAML's grammar; a mistake in its beginning hides those behind. */
export function problemsOfYaml(text: string): readonly YamlProblem[] {
  if (text.trim() === '') return [];
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent' });
  const told = [
    ...document.errors.map((error) => ({ severity: 'error' as const, error })),
    ...document.warnings.map((error) => ({ severity: 'warning' as const, error })),
  ];
  return told.slice(0, MOST).map(({ severity, error: { pos, message } }) => {
    const from = Math.min(pos[0], text.length);
    return { severity, from, to: Math.max(from, Math.min(pos[1], text.length)), message };
  });
}
