import type { LucideIcon } from 'lucide-react';

/** One line of the palette: what it is called, and what choosing it does. */
export interface Command {
  id: string;
  label: string;
  /** Quietly beside the label: a status, an id. */
  detail?: string | undefined;
  Icon: LucideIcon;
  run: () => void;
  /** Shows what more can be done with it, where there is more. */
  more?: (() => void) | undefined;
  danger?: boolean;
}

export interface CommandGroup {
  label: string;
  commands: readonly Command[];
}

/** The groups with the commands whose label has every word; groups without any are left out. */
export function matching(groups: readonly CommandGroup[], text: string): CommandGroup[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return groups
    .map(({ label, commands }) => ({
      label,
      commands: commands.filter((command) => {
        const all = command.label.toLowerCase();
        return words.every((word) => all.includes(word));
      }),
    }))
    .filter(({ commands }) => commands.length > 0);
}
