import Link from "next/link";
import { CallMeBack } from "../call-me-back";

export default function Page() {
  return (
    <main>
      <h1>Boats</h1>
      <CallMeBack />
      <Link href="/other">Other boats</Link>
    </main>
  );
}
