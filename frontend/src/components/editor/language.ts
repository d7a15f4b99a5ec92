import { json, jsonParseLinter } from '@codemirror/lang-json';
import { yaml } from '@codemirror/lang-yaml';
import { linter, lintGutter, type Diagnostic } from '@codemirror/lint';
import type { Extension } from '@codemirror/state';
import type { EditorView } from '@codemirror/view';
import { problemsOfYaml } from './yamlProblems';

export type Language = 'yaml' | 'json' | 'text';

const LINT_DELAY_MS = 300;

/** The colours of a language, and marks where its grammar is broken. */
export function languageOf(language: Language): Extension {
  switch (language) {
    case 'yaml':
      return [yaml(), linter(lintYaml, { delay: LINT_DELAY_MS }), lintGutter()];
    case 'json':
      return [json(), linter(lintJson, { delay: LINT_DELAY_MS }), lintGutter()];
    case 'text':
      return [];
  }
}

const parseJson = jsonParseLinter();

const isEmpty = (view: EditorView): boolean => view.state.doc.length === 0;

/** Nothing written yet is no mistake. */
const lintJson = (view: EditorView): readonly Diagnostic[] => (isEmpty(view) ? [] : parseJson(view));

const lintYaml = (view: EditorView): readonly Diagnostic[] => problemsOfYaml(view.state.doc.toString());
