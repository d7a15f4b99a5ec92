import { Empty } from '@/components/ui/Empty';
import frame from './Frame.module.css';

/** Instead of a page that only admins may see, for who came by its address. */
export function AdminsOnly({ what, role }: { what: string; role: string }) {
  return (
    <div className={frame.frame}>
      <Empty title="For admins only" heading="h2">
        {what} can be seen and changed by admins. You are logged in as {role}; ask an admin of this host if
        you need more.
      </Empty>
    </div>
  );
}
