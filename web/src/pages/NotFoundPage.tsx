// SPDX-License-Identifier: Apache-2.0
import { IconMapOff } from "../components/icons";
import { Link } from "react-router";
import { Empty } from "../components/Feedback";
import { PageHeader } from "../components/PageHeader";

export function NotFoundPage() {
  return (
    <>
      <PageHeader title="No such page" />
      <Empty
        title="There is nothing at this address"
        icon={<IconMapOff size={28} stroke={1.5} aria-hidden />}
      >
        Begin again at the <Link to="/">overview</Link>.
      </Empty>
    </>
  );
}
