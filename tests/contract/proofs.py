"""The tests that prove what the interfaces promise: one line a sentence, in the order of the docstring."""

BY_ALL = "test_all_engines_answer_as_dictionaries_do"
PROOFS: dict[str, tuple[str, ...]] = {
    "module": (
        "test_any_method_may_be_called_from_any_thread_at_once",
        "test_what_is_returned_never_changes_afterwards",
        "test_an_unknown_id_is_not_found_everywhere test_every_call_that_takes_an_id_finds_none_of_another_session "
        "test_a_store_opened_read_only_answers_every_change_with_read_only",
        "test_a_read_sees_every_event_acknowledged_before_it_began "
        "test_a_read_sees_what_another_process_recorded_before_it_began "
        "test_who_hurries_reads_what_is_committed_while_another_process_writes "
        "test_who_hurries_waits_for_what_the_store_itself_recorded "
        "test_who_hurries_does_not_wait_for_what_another_machine_has_claimed",
        "test_pages_continue_exactly_where_the_last_one_ended_in_both_directions "
        "test_queries_find_the_same_runs_in_the_same_order_on_every_engine",
        "test_text_comes_back_as_it_was_recorded test_poison_comes_through_every_engine_unchanged",
    ),
    "RunWriter.run": ("test_begin_creates_the_run_and_appends_its_first_event",),
    "RunWriter.last_seq": ("test_append_numbers_and_times_the_event_and_returns_its_seq",),
    "RunWriter.append": (
        "test_append_numbers_and_times_the_event_and_returns_its_seq",
        "test_fifty_processes_of_which_twenty_are_killed test_a_durable_append_returns_after_its_sync",
        "test_a_short_write_is_taken_back_and_named test_conflict_after_run_finished "
        "test_conflict_after_close_which_may_be_called_twice",
    ),
    "RunWriter.put_value": (
        "test_put_value_stores_a_value_once_and_returns_its_digest",
        "test_a_growing_conversation_costs_a_few_conversations",
    ),
    "RunWriter.history": (
        f"test_history_is_what_was_recorded_of_some_types {BY_ALL}",
        "test_a_disk_that_does_not_give_what_was_recorded_is_a_storage_error",
    ),
    "RunWriter.close": (
        "test_the_lock_lasts_as_long_as_the_writer_and_looking_takes_nothing",
        "test_conflict_after_close_which_may_be_called_twice",
    ),
    "RecordingRepository.begin": (
        "test_begin_creates_the_run_and_appends_its_first_event",
        "test_conflict_if_the_id_exists test_storage_error_if_it_is_no_ulid",
    ),
    "RecordingRepository.resume": (
        "test_resume_takes_up_a_paused_run_and_appends_run_resumed",
        "test_resume_conflict_if_it_is_finished test_resume_conflict_if_a_writer_lives_naming_its_pid "
        "test_resume_not_found",
        "test_resume_sets_a_torn_last_line_aside_and_loses_nothing_of_it",
    ),
    "RecordingRepository.answer": (
        "test_an_answer_from_another_process_is_taken_by_the_waiting_run",
        "test_answer_is_the_first_answer_or_none",
        "test_asking_costs_a_stat_while_nothing_was_added",
    ),
    "RecordingRepository.measure": ("test_artifacts_are_measured",),
    "WorkflowRepository.store": (
        "test_store_keeps_a_definition_as_the_next_version_and_returns_it",
        "test_numbers_never_collide_between_processes",
        "test_parents_may_be_several_or_none_and_must_exist",
        "test_what_cannot_be_a_definition_is_a_storage_error",
        "test_the_text_comes_back_byte_for_byte",
        "test_equal_text_makes_a_new_version_all_the_same_and_find_gives_the_newest "
        "test_with_only_new_equal_text_is_one_version_however_many_save_it",
    ),
    "WorkflowRepository.carry": (
        "test_carry_keeps_another_store_s_version_as_it_is",
        "test_carry_keeps_another_store_s_version_as_it_is",
        "test_carry_keeps_another_store_s_version_as_it_is",
    ),
    "WorkflowRepository.get": (
        "test_a_forced_deletion_leaves_a_tombstone_so_that_the_lineage_stays_whole",
        "test_a_file_edited_by_hand_is_listed_as_damaged_and_readable",
    ),
    "WorkflowRepository.altered": (
        "test_no_version_is_altered_that_nobody_changed_by_hand test_who_records_a_run_of_it_is_told_by_the_runs_log",
        "test_a_version_that_is_as_it_was_is_read_once_however_many_runs_begin "
        "test_no_database_is_opened_for_it_and_nobody_waits_where_it_cannot_be_told",
    ),
    "WorkflowRepository.get_latest": ("test_unknown_versions_are_not_found",),
    "WorkflowRepository.find": ("test_equal_text_makes_a_new_version_all_the_same_and_find_gives_the_newest",),
    "WorkflowRepository.list": (
        "test_list_gives_versions_by_number_without_definitions_and_list_all_workflows_by_id",
        "test_a_forced_deletion_leaves_a_tombstone_so_that_the_lineage_stays_whole",
    ),
    "WorkflowRepository.list_all": (
        "test_list_gives_versions_by_number_without_definitions_and_list_all_workflows_by_id",
        "test_list_gives_versions_by_number_without_definitions_and_list_all_workflows_by_id",
        "test_workflows_of_which_only_tombstones_are_left_are_listed_when_asked_for",
    ),
    "WorkflowRepository.delete": (
        "test_a_forced_deletion_leaves_a_tombstone_so_that_the_lineage_stays_whole",
        "test_delete_conflict_while_another_version_names_it_as_parent_and_its_number_is_not_given_again "
        "test_a_version_that_runs_refer_to_is_deleted_only_by_force",
        "test_delete_conflict_while_another_version_names_it_as_parent_and_its_number_is_not_given_again "
        "test_a_deleted_version_leaves_a_tombstone_and_nothing_of_its_text",
    ),
    "WorkflowRepository.lineage": ("test_a_forced_deletion_leaves_a_tombstone_so_that_the_lineage_stays_whole",),
    "RunRepository.get": (f"test_get_a_run_by_its_id {BY_ALL}",),
    "RunRepository.some": ("test_some_runs_come_as_lists_tell_them_and_others_are_left_out",),
    "RunRepository.resolve": (
        "test_resolve_by_beginning_end_or_name",
        "test_every_call_that_takes_an_id_finds_none_of_another_session",
        "test_resolve_conflict_if_there_are_several_naming_up_to_five",
    ),
    "RunRepository.query": (
        "test_queries_find_the_same_runs_in_the_same_order_on_every_engine test_unknown_values_come_last_both_ways",
        "test_a_cursor_of_another_query_or_sort_is_a_storage_error "
        "test_pages_continue_exactly_where_the_last_one_ended_in_both_directions",
        "test_questions_cost_the_same_number_of_statements_at_any_size "
        "test_pages_cost_the_same_number_of_steps_at_any_depth",
    ),
    "RunRepository.cursor_at": (
        "test_pages_continue_exactly_where_the_last_one_ended_in_both_directions",
        "test_an_unknown_id_is_not_found_everywhere",
    ),
    "RunRepository.cursor_after": (
        "test_a_list_can_be_entered_at_a_run_or_at_a_number",
        BY_ALL,
        "test_a_list_can_be_entered_at_a_run_or_at_a_number",
    ),
    "RunRepository.ids_between": (
        f"test_what_lies_between_two_runs_of_a_list_is_found_whatever_its_order {BY_ALL}",
        "test_what_lies_between_two_runs_of_a_list_is_found_whatever_its_order "
        "test_a_range_over_groups_is_what_is_unfolded_of_them_and_costs_as_many_questions_as_groups",
        "test_a_range_costs_what_lies_between_and_not_what_exists",
        "test_what_lies_between_two_runs_of_a_list_is_found_whatever_its_order",
    ),
    "RunRepository.figures": (
        f"test_what_runs_come_to_is_summed_up_and_spread {BY_ALL}",
        "test_figures_are_read_by_a_few_statements_and_only_of_whom_is_asked_for",
    ),
    "RunRepository.count": (
        "test_queries_find_the_same_runs_in_the_same_order_on_every_engine",
        "test_counters_answer_what_they_can",
    ),
    "RunRepository.totals": (
        f"test_count_and_totals_say_what_there_is {BY_ALL}",
        "test_numbers_are_of_the_scope_alone test_headers_cost_the_same_however_many_sessions_there_are",
    ),
    "RunRepository.values": (
        f"test_values_are_real_values_by_prefix_sorted {BY_ALL}",
        "test_values_are_real_sorted_and_found_by_prefix",
        "test_values_are_real_sorted_and_found_by_prefix",
        "test_distinct_values_cost_their_number_not_the_rows",
    ),
    "RunRepository.recent": ("test_recent_and_children",),
    "RunRepository.children": (f"test_recent_and_children {BY_ALL}",),
    "RunRepository.steps": (
        "test_steps_in_the_order_they_began_then_the_pending_ones_as_declared "
        f"test_steps_and_children_are_read_page_by_page {BY_ALL}",
        "test_steps_and_children_are_read_page_by_page",
    ),
    "RunRepository.doing": (
        "test_doing_tells_open_steps_in_order_and_rows_by_status",
        "test_rows_of_a_run_that_has_very_many_are_not_counted",
    ),
    "RunRepository.items": (
        "test_items_failed_ones_first_each_group_by_row_number "
        f"test_failed_rows_are_listed_alone_page_by_page {BY_ALL}",
    ),
    "RunRepository.retries": (
        "test_retries_say_what_the_next_attempt_made_of_each_failed_row",
        "test_retries_say_what_the_next_attempt_made_of_each_failed_row",
    ),
    "RunRepository.messages": (
        f"test_messages_in_the_order_they_were_sent_contents_included {BY_ALL}",
        "test_messages_are_read_from_the_newest_back_and_on_again",
        "test_the_newest_messages_cost_a_page_however_many_there_are",
    ),
    "RunRepository.approvals": (
        "test_approvals_of_one_run_in_the_order_asked_and_all_pending_ones_oldest_first "
        f"test_lists_by_seq_go_on_where_the_last_one_ended {BY_ALL}",
    ),
    "RunRepository.pending": (f"test_pending_approvals_come_by_pages_oldest_first {BY_ALL}",),
    "RunRepository.artifacts": (f"test_lists_by_seq_go_on_where_the_last_one_ended {BY_ALL}",),
    "RunRepository.snapshots": (f"test_artifacts_snapshots_and_metrics_are_those_of_the_run {BY_ALL}",),
    "RunRepository.metrics": (
        f"test_metrics_are_in_order_whoever_gave_them test_metrics_and_notes_come_by_pages_in_order {BY_ALL}",
    ),
    "RunRepository.notes": (f"test_metrics_and_notes_come_by_pages_in_order {BY_ALL}",),
    "RunRepository.event": (
        "test_event_is_decoded_and_not_found_beyond_the_end",
        "test_event_is_decoded_and_not_found_beyond_the_end test_a_damaged_entry_hides_no_other",
    ),
    "RunRepository.some_events": (
        "test_some_events_are_told_as_one_is_and_others_are_left_out test_a_damaged_message_hides_no_other_event",
        "test_some_events_are_told_as_one_is_and_others_are_left_out",
        "test_some_events_are_told_as_one_is_and_others_are_left_out "
        "test_many_events_are_picked_in_one_pass_over_what_lies_between",
    ),
    "RunRepository.events": (f"test_events_come_in_the_bytes_that_were_recorded {BY_ALL}",),
    "RunRepository.cost_records": (
        "test_lists_by_seq_go_on_where_the_last_one_ended "
        f"test_a_request_id_ties_log_lines_to_the_call_they_are_of {BY_ALL}",
    ),
    "RunRepository.costs": (
        f"test_cost_records_and_costs_grouped_most_expensive_first {BY_ALL} "
        "test_a_sum_beyond_what_a_database_counts_is_the_largest_number_and_never_a_float",
        "test_costs_are_grouped_on_every_axis_and_since_a_day "
        "test_since_what_is_neither_a_day_nor_a_time_is_refused_in_a_sentence",
        "test_without_a_query_the_rollups_answer",
        "test_where_a_query_names_what_kept_sums_tell_nothing_else_is_read",
        "test_every_grouping_is_the_sum_of_the_calls",
    ),
    "RunRepository.spenders": (
        "test_every_grouping_is_the_sum_of_the_calls test_runs_by_what_they_cost_come_by_pages",
        "test_what_runs_cost_is_read_by_pages_and_of_no_other_run",
    ),
    "RunRepository.with_children": ("test_a_run_with_its_children_costs_what_they_cost_and_none_is_counted_twice",),
    "RunRepository.spending": (
        "test_spending_is_told_by_time_and_key_oldest_first",
        "test_spending_costs_the_calls_of_its_time_or_the_kept_sums_of_its_days",
    ),
    "RunRepository.workflows": (
        f"test_workflows_are_listed_by_id_with_how_their_runs_stand {BY_ALL}",
        "test_questions_cost_the_same_number_of_statements_at_any_size",
    ),
    "RunRepository.sessions": (
        f"test_sessions_and_projects_most_recently_active_first {BY_ALL}",
        "test_sessions_and_projects_come_by_pages_most_recently_active_first",
    ),
    "RunRepository.projects": (
        "test_sessions_and_projects_most_recently_active_first "
        f"test_sessions_and_projects_come_by_pages_most_recently_active_first {BY_ALL}",
    ),
    "RunRepository.annotate": (
        f"test_annotate_adds_a_pin_tag_note_or_score_and_fills_in_the_time {BY_ALL}",
        "test_an_unknown_id_is_not_found_everywhere test_nothing_is_told_of_what_was_not_done "
        "test_an_annotation_is_made_at_a_time_or_refused",
    ),
    "RunRepository.annotate_each": (
        f"test_several_are_annotated_each_as_it_is_asked_for {BY_ALL}",
        "test_all_that_are_marked_are_pinned_after_one_look_at_what_is_new",
    ),
    "RunRepository.acts": ("test_the_audit_trail_tells_who_did_what_newest_first",),
    "RunRepository.decide": (
        "test_an_answer_from_another_process_arrives_within_a_second",
        "test_decide_conflict_if_it_is_decided_or_answered_already_or_the_run_is_finished",
        "test_an_unknown_id_is_not_found_everywhere test_an_approval_says_who_decided_it_and_when",
    ),
    "RunRepository.damage": (
        "test_damage_is_told_of_a_run_and_of_the_store test_lists_that_have_no_order_in_common_follow_one_another",
    ),
    "LogRepository.query": (
        f"test_query_gives_the_last_entries_in_order_of_seq {BY_ALL}",
        "test_a_long_entry_is_cut_only_for_who_asks_and_tells_its_size",
        "test_a_long_entry_is_cut_only_for_who_asks_and_tells_its_size",
    ),
    "LogRepository.counts": (f"test_counts_by_level {BY_ALL}",),
    "LogRepository.scan": ("test_a_scan_ends_soon_after_stop",),
    "LogRepository.search": (
        "test_a_search_finds_what_the_texts_hold test_search_ignores_case_newest_run_first_in_the_matching_runs",
        "test_search_ends_soon_after_stop_becomes_true",
        "test_a_search_calls_searched_after_each_run_that_it_went_through",
    ),
    "CheckpointRepository.list": (
        "test_checkpoints_are_listed_in_the_order_they_were_taken_with_their_parents "
        f"test_lists_by_seq_go_on_where_the_last_one_ended {BY_ALL}",
        "test_listing_and_keys_read_no_values",
    ),
    "CheckpointRepository.get": ("test_an_unknown_id_is_not_found_everywhere",),
    "CheckpointRepository.keys": (
        f"test_keys_with_their_sizes_by_key {BY_ALL}",
        "test_listing_and_keys_read_no_values",
    ),
    "CheckpointRepository.state": (
        "test_state_is_the_whole_state_as_it_was_given test_opaque_bytes_are_described_and_never_read",
    ),
    "CheckpointRepository.stored": (
        f"test_a_run_that_starts_at_anothers_checkpoint_has_a_copy_of_that_one_state {BY_ALL}",
    ),
    "CheckpointRepository.value": ("test_state_is_the_whole_state_as_it_was_given test_diff_and_blame",),
    "CheckpointRepository.values": ("test_state_is_the_whole_state_as_it_was_given test_diff_and_blame",),
    "CheckpointRepository.diff": ("test_diff_and_blame",),
    "CheckpointRepository.foreign": (
        "test_a_checkpoint_is_named_as_its_own_program_names_it_and_gone_on_from",
        "test_a_checkpoint_is_named_as_its_own_program_names_it_and_gone_on_from",
    ),
    "CheckpointRepository.blame": (
        f"test_diff_and_blame {BY_ALL}",
        "test_diff_and_blame test_who_wrote_a_key_is_told_checkpoint_by_checkpoint_and_stopped_between_two",
    ),
    "CheckpointRepository.blames": ("test_diff_and_blame test_blame_finds_the_checkpoint_that_wrote_the_key",),
    "MetricsRepository.summary": (f"test_summary_is_the_outcome_of_the_finished_runs {BY_ALL}",),
    "MetricsRepository.outcomes": (f"test_outcomes_are_one_for_each_version_that_has_runs {BY_ALL}",),
    "MetricsRepository.trends": (
        f"test_trends_are_one_for_each_of_the_last_days_on_which_runs_ended {BY_ALL}",
        "test_what_a_summary_reads_are_sums_and_not_runs",
    ),
    "MetricsRepository.spread": ("test_spread_and_durations_tell_how_long_runs_took",),
    "MetricsRepository.durations": ("test_spread_and_durations_tell_how_long_runs_took",),
    "MetricsRepository.newest": ("test_newest_are_the_finished_runs_that_began_last_with_their_numbers",),
    "MetricsRepository.reported": (
        "test_reported_is_what_finished_runs_reported_by_version_and_name",
        "test_reported_is_what_finished_runs_reported_by_version_and_name",
    ),
    "MetricsRepository.compare": (
        "test_compare_gives_each_version_against_the_first_with_intervals_and_their_methods",
        "test_compare_gives_each_version_against_the_first_with_intervals_and_their_methods",
        "test_newest_are_the_finished_runs_that_began_last_with_their_numbers",
    ),
    "MetricsRepository.against_parent": ("test_a_root_is_compared_with_nothing",),
    "MetricsRepository.record_pattern": (
        "test_patterns_of_the_same_name_are_merged_most_frequent_first",
        "test_what_is_no_pattern_is_refused test_a_pattern_is_seen_at_a_time_or_refused",
    ),
    "MetricsRepository.patterns": ("test_patterns_of_the_same_name_are_merged_most_frequent_first",),
    "FeedRepository.cursor": (
        "test_changes_of_the_present_cursor_name_only_what_comes_later",
        "test_changes_of_the_present_cursor_name_only_what_comes_later",
    ),
    "FeedRepository.changes": (f"test_changes_never_under_report {BY_ALL}",),
    "FeedRepository.watch": (
        "test_watch_calls_from_a_thread_of_its_own_until_it_is_closed_which_may_be_done_twice",
        "test_watch_calls_on_change_when_the_system_tells_of_it_and_not_at_the_next_look "
        "test_the_heartbeat_notices_what_no_hint_told",
    ),
    "UpkeepRepository.check": ("test_check_finds_nothing_wrong_in_a_sound_store_and_changes_nothing",),
    "UpkeepRepository.repair": (
        "test_a_lost_run_is_marked_as_failed_by_an_event test_states_without_a_journal_go_into_quarantine",
        "test_damaged_lines_are_set_aside_and_the_events_stay_byte_for_byte",
        "test_a_run_that_somebody_has_is_left_alone test_what_only_a_person_can_decide_is_not_touched",
        "test_a_big_run_is_stopped_after_a_few_bytes_and_is_as_it_was",
    ),
    "UpkeepRepository.sizes": ("test_sizes_are_bytes_by_part",),
    "UpkeepRepository.space": (
        "test_a_store_is_workflows_and_what_lies_beside_them test_space_comes_by_pages_in_each_order",
        "test_a_store_is_workflows_and_what_lies_beside_them",
        "test_a_run_is_made_of_logs_events_and_states_by_key",
        "test_each_level_adds_up_and_is_as_large_as_the_one_above_says "
        "test_the_whole_is_what_du_says_of_the_data_directory "
        "test_free_pages_and_the_log_of_a_database_are_told_and_all_add_up_to_its_files "
        "test_the_whole_of_a_server_is_what_it_says_of_the_database",
        "test_the_top_costs_the_same_however_many_runs_there_are test_looking_into_a_run_reads_that_run_alone "
        "test_the_steps_of_the_database_are_the_same_however_many_runs_there_are",
        "test_a_path_that_leads_nowhere_is_not_found test_upkeep_is_of_the_whole_store",
    ),
    "UpkeepRepository.drop_states": (
        "test_drop_states_leaves_those_that_are_kept",
        "test_drop_states_of_all_leaves_the_checkpoints",
        "test_any_subset_of_any_states_can_be_dropped",
        "test_killed_before_the_end_all_is_there",
        "test_the_audit_trail_tells_who_did_what_newest_first",
        "test_drop_states_leaves_those_that_are_kept",
        "test_drop_states_refuses_what_is_not_so",
    ),
    "UpkeepRepository.removals": (
        "test_the_period_is_what_the_settings_say_and_the_keepers_before_the_users "
        "test_of_one_run_it_is_told_whenever_that_is_and_of_none_that_is_unknown",
        "test_nobody_else_removes_what_was_recorded_here test_codex_removes_nothing",
    ),
    "UpkeepRepository.refusal": ("test_operations_are_of_the_whole_store",),
    "UpkeepRepository.ready": (
        "test_what_keeps_all_operations_from_being_done_is_told_before_any "
        "test_who_may_not_write_is_told_before_anything_is_planned",
        "test_what_keeps_all_operations_from_being_done_is_told_before_any",
    ),
    "UpkeepRepository.archive": (
        "test_an_archived_run_is_one_file_and_stays_readable",
        "test_killed_at_some_steps_all_is_there_once_and_whole "
        "test_what_is_packed_is_on_the_disk_before_the_original_goes",
        "test_a_copy_is_whole_says_so_and_leaves_the_source_as_it_is",
        "test_a_source_alone_has_no_place_for_a_copy",
    ),
    "UpkeepRepository.restore": (
        "test_restore_gives_the_same_bytes_at_the_same_place",
        "test_a_live_run_is_never_overwritten_by_a_restored_one",
    ),
    "UpkeepRepository.verify_archive": (
        "test_a_damaged_archive_is_found_and_not_restored",
        "test_a_damaged_archive_is_found_and_not_restored",
    ),
    "UpkeepRepository.compact": ("test_compact_gives_free_pages_back_and_only_looks_without_an_order",),
    "UpkeepRepository.trash": (
        "test_trash_moves_finished_and_lost_runs_out_of_sight_whole",
        "test_the_parent_of_a_run_that_is_there_is_skipped_and_a_child_goes_before_its_parent",
        "test_a_full_disk_is_no_hindrance_to_trash_and_purge",
    ),
    "UpkeepRepository.undo": (
        "test_undo_brings_back_what_was_trashed_once",
        "test_undo_not_found_and_conflict_if_there_is_nothing_to_be_taken_back",
    ),
    "UpkeepRepository.purge": (
        "test_purge_removes_all_that_lies_in_the_trash_or_what_was_put_there_before_a_time "
        "test_a_purged_run_is_found_in_no_file",
        "test_purge_may_be_limited_to_some_runs",
        "test_a_full_disk_is_no_hindrance_to_trash_and_purge",
        "test_what_is_no_time_purges_nothing",
    ),
    "UpkeepRepository.trashed": ("test_trashed_lists_what_lies_in_the_trash_newest_first",),
    "UpkeepRepository.operations": (
        "test_operations_are_recorded_newest_first_page_by_page",
        "test_a_page_of_operations_costs_what_is_returned",
    ),
    "UpkeepRepository.operation": ("test_an_operation_is_told_with_all_its_runs",),
    "UpkeepRepository.applied_policy": (
        "test_the_policy_that_was_applied_by_hand_last_is_known",
        "test_what_a_policy_did_and_was_taken_back_leaves_no_policy_applied",
    ),
    "UpkeepRepository.note_policy": ("test_the_policy_that_was_applied_by_hand_last_is_known",),
}
