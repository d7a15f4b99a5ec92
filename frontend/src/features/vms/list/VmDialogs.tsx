import type { VmRow } from '@/api/vm';
import { ProblemDialog } from './ProblemDialog';
import { RemoveDialog } from './RemoveDialog';
import { StopDialog } from './StopDialog';
import { actionsButtonId } from './VmRow';

/** What somebody wants to do or know that needs more than a row. */
export interface DialogRequest {
  kind: 'stop' | 'remove' | 'problem';
  id: string;
}

interface Props {
  request: DialogRequest | null;
  row: VmRow | undefined;
  onClose: () => void;
}

/** The dialog that was asked for. It goes when its VM does. */
export function VmDialogs({ request, row, onClose }: Props) {
  if (!request || !row) return null;
  const close = () => {
    onClose();
    // The menu item that opened it is gone, so focus goes to the button that opened the menu.
    setTimeout(() => document.getElementById(actionsButtonId(row.id))?.focus(), 0);
  };
  switch (request.kind) {
    case 'stop':
      return <StopDialog row={row} onClose={close} />;
    case 'remove':
      return <RemoveDialog row={row} onClose={close} />;
    case 'problem':
      return <ProblemDialog row={row} onClose={close} />;
  }
}
