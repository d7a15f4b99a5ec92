import { unifiedMergeView } from '@codemirror/merge';
import { useMemo } from 'react';
import { extensionsOf, type Manner } from './extensions';
import { useEditor } from './useEditor';

interface Props extends Manner {
  /** What it is compared with. */
  before: string;
  value: string;
  onChange?: ((value: string) => void) | undefined;
}

export function DiffEditor({ before, value, onChange, label, language, readOnly, hint }: Props) {
  const extensions = useMemo(
    () => [
      extensionsOf({ label, language, readOnly, hint }),
      unifiedMergeView({
        original: before,
        mergeControls: false,
        collapseUnchanged: { margin: 3, minSize: 6 },
        diffConfig: { scanLimit: 5_000, timeout: 200 },
      }),
    ],
    [before, label, language, readOnly, hint],
  );
  return <div ref={useEditor(value, extensions, onChange)} />;
}
