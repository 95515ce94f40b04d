<?php // Run by `up` after copying a template's database: the site's own address in it becomes the new one.
mysqli_report( MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT );
$db = new mysqli( 'localhost', 'root', '', 'wordpress', 0, getenv( 'WP_SOCKET' ) );
$new = $db->real_escape_string( getenv( 'WP_URL' ) );
$old = $db->real_escape_string( $db->query( "SELECT option_value FROM wp_options WHERE option_name = 'home'" )->fetch_row()[0] );
$db->query( "UPDATE wp_posts SET guid = REPLACE( guid, '$old', '$new' ), post_content = REPLACE( post_content, '$old', '$new' )" );
$db->query( "UPDATE wp_options SET option_value = '$new' WHERE option_name IN ( 'home', 'siteurl' )" );
