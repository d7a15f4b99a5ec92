import { Button } from '@mantine/core';
import { useRef } from 'react';

interface Props {
  label: string;
  /** Endings of the names that are offered first. */
  accept: string;
  onFile: (file: File) => void;
}

/** A button that asks for a file of the user's computer. Nothing is sent anywhere by choosing it. */
export function ChooseFile({ label, accept, onFile }: Props) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button size="compact-sm" variant="default" onClick={() => input.current?.click()}>
        {label}
      </Button>
      <input
        ref={input}
        type="file"
        accept={accept}
        hidden
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          // The same file may be chosen again after it was changed.
          currentTarget.value = '';
          if (file) onFile(file);
        }}
      />
    </>
  );
}
