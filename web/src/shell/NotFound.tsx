import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Empty } from './states';

export function NotFound() {
  return (
    <div className="sg-page">
      <Empty title="There is no page with this address">
        <Anchor renderRoot={(props) => <Link to="/" {...props} />}>Go to the overview</Anchor>
      </Empty>
    </div>
  );
}
