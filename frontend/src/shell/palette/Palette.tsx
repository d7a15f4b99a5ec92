import { Modal } from '@mantine/core';
import { useDeferredValue, useMemo, useState } from 'react';
import type { VmRow } from '@/api/vm';
import { useVms } from '@/live/useLive';
import { CommandList } from './CommandList';
import { matching, type CommandGroup } from './commands';
import classes from './Palette.module.css';
import { usePageCommands } from './usePageCommands';
import { useVmCommands } from './useVmCommands';
import { findVms, type FoundVms } from './vmSearch';
import { readVerb, verbLabels } from './vmVerbs';

interface Props {
  onClose: () => void;
  /** Shows the keyboard shortcuts in its place. */
  onKeys: () => void;
}

/** What is looked at: everything, or one VM, or whether it is really to be stopped. */
type Step = { kind: 'all' } | { kind: 'vm'; row: VmRow } | { kind: 'stop'; row: VmRow };

const none: FoundVms = { rows: [], total: 0 };
/** Before anything is typed, a few VMs are enough. */
const SHOWN_UNASKED = 4;

/** Finds pages, VMs and images by a few letters, and does things with them, by keyboard alone. */
export function Palette({ onClose, onKeys }: Props) {
  const [text, setText] = useState('');
  const [step, setStep] = useState<Step>({ kind: 'all' });
  const goTo = (next: Step): void => {
    setText('');
    setStep(next);
  };
  const [pages, ...others] = usePageCommands(onClose, onKeys);
  const commands = useVmCommands({
    onDone: onClose,
    onStop: (row) => goTo({ kind: 'stop', row }),
    onMore: (row) => goTo({ kind: 'vm', row }),
  });
  // Typing stays fluent at 10,000 VMs: the field is ahead of the lines for as long as finding takes.
  const typed = useDeferredValue(text);
  const { asked, about } = useFound(typed);

  const groups: CommandGroup[] =
    step.kind === 'vm'
      ? matching([{ label: 'Actions', commands: commands.all(step.row) }], text)
      : step.kind === 'stop'
        ? [{ label: 'Stop', commands: [commands.stopNow(step.row)] }]
        : [
            ...(about
              ? [{ label: verbLabels[about.verb], commands: commands.each(about.verb, about.vms.rows) }]
              : []),
            ...(typed.trim() === '' ? [pages] : matching([pages], typed)),
            { label: 'Virtual machines', commands: asked.rows.map(commands.open) },
            ...(typed.trim() === '' ? [] : matching(others, typed)),
          ].filter((group) => group.commands.length > 0);
  const unseen = step.kind === 'all' && typed.trim() !== '' ? asked.total - asked.rows.length : 0;

  return (
    <Modal.Root
      opened
      onClose={onClose}
      returnFocus={false}
      size={620}
      yOffset="12vh"
      transitionProps={{ duration: 0 }}
      classNames={{ content: classes.content ?? '' }}
    >
      <Modal.Overlay backgroundOpacity={0.45} />
      <Modal.Content>
        <Modal.Title className="visually-hidden">Find and do</Modal.Title>
        <CommandList
          groups={groups}
          text={text}
          onText={setText}
          subject={step.kind === 'all' ? null : step.row.name}
          onBack={() => goTo({ kind: 'all' })}
          footnote={unseen > 0 ? `${unseen.toLocaleString('en')} more VMs: go on typing` : null}
        />
      </Modal.Content>
    </Modal.Root>
  );
}

/** The VMs that what is typed is about; `about`: read as `stop web`, where it can be. */
function useFound(text: string) {
  const vms = useVms();
  return useMemo(() => {
    const rows = vms ? [...vms.values()] : [];
    const verb = readVerb(text);
    const asked = text.trim() === '' ? { ...none, rows: rows.slice(0, SHOWN_UNASKED) } : findVms(rows, text);
    return { asked, about: verb && { verb: verb.verb, vms: findVms(rows, verb.rest) } };
  }, [vms, text]);
}
