-- One row a week, from Monday on in UTC, and kind of ad. Sales count in the week of the impression
-- or click that they follow. The first and the last week may be cut by the window.
WITH events AS (
  SELECT DATE_TRUNC('week', impression_dt_hour_utc) AS week_start, 'dsp' AS ad_product_type,
         user_id, total_cost / 100000 AS cost, -- millicents
         0 AS purchases, 0 AS sales
  FROM dsp_impressions
  WHERE (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  UNION ALL
  SELECT DATE_TRUNC('week', event_dt_hour_utc), ad_product_type, user_id,
         spend / 100000000, -- microcents
         0, 0
  FROM sponsored_ads_traffic
  WHERE (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  UNION ALL
  SELECT DATE_TRUNC('week', traffic_event_dt_hour_utc), COALESCE(ad_product_type, 'dsp'),
         user_id, 0, total_purchases, total_product_sales
  FROM amazon_attributed_events_by_traffic_time
  WHERE (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
)
SELECT CAST(week_start AS DATE) AS week_start, ad_product_type,
       SUM(cost) AS cost,
       SUM(purchases) AS purchases,
       SUM(sales) AS sales,
       CASE WHEN SUM(cost) > 0 THEN SUM(sales) / SUM(cost) END AS roas
FROM events
GROUP BY 1, 2
