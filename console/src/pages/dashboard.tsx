import Header from "@cloudscape-design/components/header";

import { usePage } from "../page";
import { strings } from "../strings";

export default function Dashboard() {
  usePage();
  return <Header variant="h1">{strings.dashboard.title}</Header>;
}
