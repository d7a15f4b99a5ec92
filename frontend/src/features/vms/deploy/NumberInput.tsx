import { TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import type { NumberField } from './form';

interface Props {
  label: ReactNode;
  value: NumberField;
  onChange: (value: NumberField) => void;
  unit?: string;
  description?: ReactNode;
  error?: string | undefined;
  /** Its name where no label is shown. */
  ariaLabel?: string;
}

const MOST_DIGITS = 9;

/** A whole number. What is no digit can't be typed. */
export function NumberInput({ label, value, onChange, unit, description, error, ariaLabel }: Props) {
  return (
    <TextInput
      label={label}
      aria-label={ariaLabel}
      description={description}
      error={error}
      inputMode="numeric"
      autoComplete="off"
      value={String(value)}
      rightSection={unit}
      rightSectionWidth={unit ? 48 : 0}
      rightSectionPointerEvents="none"
      onChange={({ currentTarget }) => {
        const digits = currentTarget.value.replace(/\D/g, '').slice(0, MOST_DIGITS);
        onChange(digits === '' ? '' : Number(digits));
      }}
    />
  );
}
