/** CSS pixels. */
export const fontSizes = { smallest: 9, usual: 13, largest: 24 };

export const isFontSize = (value: unknown): value is number =>
  typeof value === 'number' && value >= fontSizes.smallest && value <= fontSizes.largest;
