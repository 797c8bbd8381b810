import { Picks } from "./picks";

export default function Page() {
  return <Picks />;
}
