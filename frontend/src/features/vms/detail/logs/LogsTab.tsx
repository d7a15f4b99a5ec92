import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect } from 'react';
import { useMay } from '@/api/account';
import type { VmRow } from '@/api/vm';
import { Empty } from '@/components/ui/Empty';
import type { LogPlace } from '@/live/logView';
import { useVm } from '../vmContext';
import { LogReader } from './LogReader';
import { logSessions } from './logSessions';
import { readPlace, writePlace } from './place';
import classes from './LogReader.module.css';

const route = getRouteApi('/vms/$id/logs');

/** What the VM has written, for those who may steer it. */
export function LogsTab() {
  const row = useVm();
  const maySteer = useMay()('STEER_VM', row);
  useEffect(() => (maySteer ? logSessions.hold(row.id) : undefined), [maySteer, row.id]);
  if (!maySteer) {
    return (
      <div className={classes.refused}>
        <Empty title="The logs are not open to you" heading="h2">
          What a guest prints may hold secrets. Ask an administrator, or the owner of this VM.
        </Empty>
      </div>
    );
  }
  return <Logs row={row} />;
}

/** What is looked at is in the address, so that it can be sent to somebody. */
function Logs({ row }: { row: VmRow }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const session = logSessions.of(row.id);
  const { channel, boot, at } = readPlace(search);

  useEffect(() => session.visit({ channel, boot, at }), [session, channel, boot, at]);

  const go = useCallback(
    (place: LogPlace) => void navigate({ search: writePlace(place), replace: true }),
    [navigate],
  );
  return <LogReader row={row} session={session} onPlace={go} />;
}
