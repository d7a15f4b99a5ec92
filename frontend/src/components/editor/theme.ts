import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** Colours are the console's own variables, so that both schemes need only this. */
const look = EditorView.theme({
  '&': { backgroundColor: 'var(--surface)', color: 'var(--ink)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6', fontVariantLigatures: 'none' },
  '.cm-content': { padding: '10px 0', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 14px 0 6px' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--ink-faint)', border: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 4px 0 10px', minWidth: '28px' },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'var(--surface-hover)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--ink)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'var(--accent-soft)',
  },
  '.cm-placeholder': { color: 'var(--ink-faint)' },
  '.cm-tooltip, .cm-panels': {
    backgroundColor: 'var(--surface)',
    color: 'var(--ink)',
    border: '1px solid var(--line-strong)',
  },
  '.cm-tooltip': { borderRadius: '7px', boxShadow: 'var(--shadow)', overflow: 'hidden' },
  '.cm-diagnostic': { padding: '6px 10px', fontFamily: 'inherit', fontSize: '12.5px' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--red)' },
  '.cm-diagnostic-warning': { borderLeft: '3px solid var(--amber)' },
  '.cm-foldPlaceholder, .cm-collapsedLines': {
    background: 'var(--surface-sunken)',
    color: 'var(--ink-muted)',
    border: 'none',
  },
  '.cm-collapsedLines': { padding: '4px 14px', fontFamily: 'inherit' },
  '.cm-changedLine': { backgroundColor: 'var(--diff-added) !important' },
  '.cm-deletedChunk': { backgroundColor: 'var(--diff-removed)', paddingLeft: '6px' },
  '.cm-changedText': { background: 'var(--diff-added-text) !important' },
  '.cm-deletedChunk .cm-deletedText': { background: 'var(--diff-removed-text) !important' },
  // Coloured words are too faint on the grounds of what differs.
  '.cm-deletedChunk span, .cm-changedText, .cm-changedText span': { color: 'var(--ink) !important' },
  '.cm-changedLineGutter': { background: 'var(--green)' },
  '.cm-deletedLineGutter': { background: 'var(--red)' },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--code-name)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-text)' },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword, tags.atom], color: 'var(--code-value)' },
  { tag: [tags.comment, tags.meta], color: 'var(--ink-faint)', fontStyle: 'italic' },
  { tag: tags.invalid, color: 'var(--red-ink)' },
]);

export const theme: Extension = [look, syntaxHighlighting(colours)];
