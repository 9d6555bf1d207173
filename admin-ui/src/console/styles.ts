/** The style sheets that the whole console needs; what one page alone shows, that page imports. */
import "@mantine/core/styles.css";
import "mantine-datatable/styles.css";
import "@/console/console.css";
