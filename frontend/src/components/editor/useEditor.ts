import { EditorState, type Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { useEffect, useRef, type RefObject } from 'react';

/**
 * An editor in an element of the page. What is typed is told; a value that comes from elsewhere replaces the text.
 * Other extensions make another editor, without the history of the one before: pass the same ones again.
 */
export function useEditor(
  value: string,
  extensions: Extension,
  onChange?: (value: string) => void,
): RefObject<HTMLDivElement | null> {
  const parent = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(null);
  const tell = useRef(onChange);
  // What was told and has not come back as the value yet: such a value must not replace what was typed since.
  const told = useRef<string[]>([]);

  useEffect(() => {
    tell.current = onChange;
  }, [onChange]);

  useEffect(() => {
    if (!parent.current) return;
    const listener = EditorView.updateListener.of((update) => {
      if (!update.docChanged || update.transactions.some((each) => each.isUserEvent('replaced'))) return;
      const text = update.state.doc.toString();
      told.current.push(text);
      tell.current?.(text);
    });
    const view = new EditorView({
      parent: parent.current,
      state: EditorState.create({ extensions: [extensions, listener] }),
    });
    told.current = [];
    editor.current = view;
    return () => {
      editor.current = null;
      view.destroy();
    };
  }, [extensions]);

  useEffect(() => {
    const echoed = told.current.indexOf(value);
    told.current.splice(0, echoed === -1 ? told.current.length : echoed + 1);
    const view = editor.current;
    if (echoed !== -1 || !view || view.state.doc.toString() === value) return;
    const changes = { from: 0, to: view.state.doc.length, insert: value };
    view.dispatch({ changes, userEvent: 'replaced' });
  }, [value, extensions]);

  return parent;
}
