# Read a result of plansim in R: its numbers, its tables, its rows. What a column holds: plansim codebook RESULT.
#
#   Rscript docs/examples/read_result.R results/run/2026-01-31-run-0a1b2c-3d4e5f
#
# With the packages arrow and jsonlite; without arrow, run the command with --csv and use read.csv as below.

result <- commandArgs(trailingOnly = TRUE)[1]
found <- jsonlite::fromJSON(file.path(result, "summary.json"))
manifest <- jsonlite::fromJSON(file.path(result, "manifest.json"))
cat(manifest$command, "of", manifest$created_utc, "\n")

if (manifest$command == "run") {
  harm <- found$outcomes$person_days_in_spell
  cat("persons exploited on a day:", harm$value, harm$unit, "\n")
  days <- if (requireNamespace("arrow", quietly = TRUE)) {
    arrow::read_parquet(file.path(result, "ledger_days.parquet"))
  } else {
    read.csv(file.path(result, "ledger_days.csv"))
  }
  days$date <- as.Date(days$date)
  plot(days$date, days$in_plan, type = "l", xlab = "", ylab = "persons in a Plan")
} else {
  rows <- if (requireNamespace("arrow", quietly = TRUE)) {
    as.data.frame(arrow::open_dataset(file.path(result, "rows")))
  } else {
    read.csv(file.path(result, "rows.csv"))
  }
  print(summary(rows))
}
