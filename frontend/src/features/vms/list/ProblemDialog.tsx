import { Button } from '@mantine/core';
import type { VmRow } from '@/api/vm';
import { logUrl } from '@/api/vmActions';
import { CopyButton } from '@/components/ui/CopyButton';
import { Dialog } from '@/components/ui/Dialog';
import { formatInstant } from '@/lib/duration';
import { displayStatus, statusDetail } from '../displayStatus';
import classes from './ProblemDialog.module.css';

/** What went wrong, all of it, in the words of who found it. */
export function ProblemDialog({ row, onClose }: { row: VmRow; onClose: () => void }) {
  const { word } = displayStatus(row);
  const exit = row.exit_reason + (row.exit_code === null ? '' : ` (exit code ${row.exit_code})`);
  const text = statusDetail(row)?.text ?? 'This VM has no problem any more.';
  return (
    <Dialog
      title={`${row.name}: ${word.toLowerCase()}`}
      onClose={onClose}
      footer={
        <>
          <CopyButton text={text} label="Copy the message" caption="Copy" />
          <Button
            component="a"
            variant="default"
            href={logUrl(row.id, 'stderr')}
            target="_blank"
            rel="noreferrer"
          >
            QEMU errors
          </Button>
          <Button component="a" href={logUrl(row.id, 'serial')} target="_blank" rel="noreferrer">
            Serial log
          </Button>
        </>
      }
    >
      {/* A long message scrolls, so it must be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={classes.text} tabIndex={0} aria-label="Message">
        {text}
      </pre>
      {row.exited_at !== null && (
        <p>
          Ended {formatInstant(row.exited_at)}
          {row.boot_error && exit.trim() && `: ${exit.trim()}`}
        </p>
      )}
    </Dialog>
  );
}
