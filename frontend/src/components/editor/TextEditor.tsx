import { useMemo } from 'react';
import { extensionsOf, type Manner } from './extensions';
import { useEditor } from './useEditor';

interface Props extends Manner {
  value: string;
  onChange?: ((value: string) => void) | undefined;
}

export function TextEditor({ value, onChange, label, language, readOnly, hint }: Props) {
  const extensions = useMemo(
    () => extensionsOf({ label, language, readOnly, hint }),
    [label, language, readOnly, hint],
  );
  return <div ref={useEditor(value, extensions, onChange)} />;
}
