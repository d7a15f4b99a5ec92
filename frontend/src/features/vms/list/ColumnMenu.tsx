import { ActionIcon, Menu } from '@mantine/core';
import { Columns3 } from 'lucide-react';
import { useNodes } from '@/live/useLive';
import { columns } from './columns';
import { optionalColumns, type OptionalColumn } from './layout';
import classes from './ColumnMenu.module.css';

interface Props {
  /** What was chosen not to be shown. */
  hidden: readonly OptionalColumn[];
  /** What the window is too narrow for. */
  noRoom: readonly OptionalColumn[];
  onHidden: (hidden: OptionalColumn[]) => void;
}

const title = (column: OptionalColumn): string => columns.find(({ id }) => id === column)?.header as string;

/** Which columns are shown; this browser remembers. */
export function ColumnMenu({ hidden, noRoom, onHidden }: Props) {
  const isFleet = useNodes().length > 1;
  const offered = optionalColumns.filter((column) => column !== 'node' || isFleet);
  return (
    <Menu position="bottom-end" width={200} shadow="md" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <ActionIcon variant="default" size={36} aria-label="Choose columns" title="Choose columns">
          <Columns3 size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {offered.map((column) => {
          const isShown = !hidden.includes(column);
          return (
            <Menu.CheckboxItem
              key={column}
              checked={isShown}
              rightSection={
                isShown && noRoom.includes(column) && <span className={classes.note}>no room</span>
              }
              onChange={() =>
                onHidden(isShown ? [...hidden, column] : hidden.filter((each) => each !== column))
              }
            >
              {title(column)}
            </Menu.CheckboxItem>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
