-- Purchases after an ad, and how many of them by people who had not bought of the brand in the
-- year before. They count on the day, in UTC, of the impression or click that they follow.
SELECT traffic_event_date_utc AS event_date,
       COALESCE(ad_product_type, 'dsp') AS ad_product_type,
       campaign_id_string, campaign,
       COUNT(DISTINCT user_id) AS buyers,
       SUM(total_purchases) AS purchases,
       SUM(total_product_sales) AS sales,
       SUM(new_to_brand_total_purchases) AS new_to_brand_purchases,
       SUM(new_to_brand_total_product_sales) AS new_to_brand_sales
FROM amazon_attributed_events_by_traffic_time
WHERE total_purchases > 0
  AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  AND (CARDINALITY(CUSTOM_PARAMETER('asins')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('asins'), tracked_asin))
GROUP BY 1, 2, 3, 4
