import { EditorView } from '@codemirror/view';
import { render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { Editor } from './Editor';
import { problemsOfYaml } from './yamlProblems';

async function editorNamed(label: string): Promise<EditorView> {
  const view = EditorView.findFromDOM(await screen.findByRole('textbox', { name: label }));
  if (!view) throw new Error(`no editor is named ${label}`);
  return view;
}

const type = (view: EditorView, insert: string) =>
  view.dispatch({ changes: { from: view.state.doc.length, insert } });

it('tells what is typed, and takes what comes from elsewhere', async () => {
  const onChange = vi.fn();
  const at = (value: string) => <Editor language="yaml" label="Compose" value={value} onChange={onChange} />;
  const { rerender } = render(at('a: 1'));
  const view = await editorNamed('Compose');
  expect(view.state.doc.toString()).toBe('a: 1');
  type(view, '\n');
  expect(onChange).toHaveBeenLastCalledWith('a: 1\n');
  rerender(at('other: 2'));
  expect(view.state.doc.toString()).toBe('other: 2');
  expect(onChange).toHaveBeenCalledTimes(1);
});

it('keeps what was typed while the page was still drawing what was typed before', async () => {
  const at = (value: string) => (
    <Editor language="yaml" label="Compose" value={value} onChange={() => undefined} />
  );
  const { rerender } = render(at(''));
  const view = await editorNamed('Compose');
  type(view, 'a');
  type(view, 'b');
  rerender(at('a'));
  expect(view.state.doc.toString()).toBe('ab');
  rerender(at('ab'));
  expect(view.state.doc.toString()).toBe('ab');
  rerender(at('a'));
  expect(view.state.doc.toString()).toBe('a');
});

it('can only be read where nobody listens', async () => {
  render(<Editor language="json" label="Compose file" value="{}" />);
  const view = await editorNamed('Compose file');
  expect(view.state.readOnly).toBe(true);
  expect(view.contentDOM).toHaveAttribute('aria-readonly', 'true');
});

it('shows beside each other what was and what is', async () => {
  render(<Editor language="text" label="Difference" before={'one\ntwo\n'} value={'one\n2\n'} />);
  const view = await editorNamed('Difference');
  expect(view.dom.querySelector('.cm-deletedChunk')).toHaveTextContent('two');
  expect(view.dom.querySelector('.cm-changedLine')).toHaveTextContent('2');
});

it('says where YAML is broken', () => {
  const text = 'services:\n  web:\n   image: nginx\n  image: [1\n';
  const [first] = problemsOfYaml(text);
  expect(first).toMatchObject({ severity: 'error' });
  expect(first && text.slice(0, first.from).split('\n').length).toBeGreaterThanOrEqual(4);
  expect(problemsOfYaml('a: 1\na: 2\n')[0]?.message).toMatch(/unique/);
  expect(problemsOfYaml(' \n')).toEqual([]);
  expect(problemsOfYaml('services:\n  web: {image: nginx}\n')).toEqual([]);
});
