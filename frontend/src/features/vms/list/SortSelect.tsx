import type { SortingState } from '@tanstack/react-table';
import classes from './SortSelect.module.css';

interface Props {
  sorting: SortingState;
  onSorting: (sorting: SortingState) => void;
}

const orders = [
  { value: 'name:asc', label: 'Name' },
  { value: 'status:asc', label: 'Status, problems first' },
  { value: 'uptime:desc', label: 'Longest running' },
  { value: 'uptime:asc', label: 'Started last' },
  { value: 'memory:desc', label: 'Most memory' },
];

/** Sorting where cards have no column heads. */
export function SortSelect({ sorting, onSorting }: Props) {
  const current = sorting[0] ? `${sorting[0].id}:${sorting[0].desc ? 'desc' : 'asc'}` : '';
  return (
    <label className={classes.sort}>
      Sort by
      <select
        value={orders.some((order) => order.value === current) ? current : ''}
        onChange={(event) => {
          const [id = 'name', direction] = event.currentTarget.value.split(':');
          onSorting([{ id, desc: direction === 'desc' }]);
        }}
      >
        {!orders.some((order) => order.value === current) && <option value="">As chosen</option>}
        {orders.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}
