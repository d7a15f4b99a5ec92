import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from '@codemirror/language';
import { lintKeymap } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view';
import { pageNonce } from '@/lib/nonce';
import { languageOf, type Language } from './language';
import { theme } from './theme';

export interface Manner {
  /** Its name for screen readers. */
  label: string;
  language: Language;
  readOnly?: boolean | undefined;
  hint?: string | undefined;
}

/**
 * What every editor of the console is made of. Tab is left alone: it moves on, as everywhere on a page; Ctrl-] and
 * Ctrl-[ indent.
 */
export function extensionsOf({ label, language, readOnly = false, hint = '' }: Manner): Extension {
  return [
    EditorView.cspNonce.of(pageNonce),
    EditorView.contentAttributes.of({
      'aria-label': label,
      'aria-readonly': String(readOnly),
      spellcheck: 'false',
      autocapitalize: 'off',
    }),
    EditorState.readOnly.of(readOnly),
    EditorState.tabSize.of(2),
    indentUnit.of('  '),
    lineNumbers(),
    foldGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    search({ top: true }),
    EditorView.lineWrapping,
    placeholder(hint),
    keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, ...foldKeymap, ...lintKeymap]),
    languageOf(language),
    theme,
  ];
}
