import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { useMay } from '@/api/account';

/** The way to deploy, for those who may. */
export function NewVmLink({ className }: { className?: string | undefined }) {
  const may = useMay();
  if (!may('CREATE_VM')) return null;
  return (
    <Button
      className={className}
      size="sm"
      leftSection={<Plus size={16} aria-hidden />}
      renderRoot={(props) => <Link to="/deploy" {...props} />}
    >
      New VM
    </Button>
  );
}
